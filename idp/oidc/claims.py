"""Which facts leave for a site: those that its scope and its claims request name, as far as they are known (Core §5.4, §5.5).

What an authority confirmed comes from the person, phone and account name from the account, the rest from what the person
wrote about themselves. A fact that is not known is left out, never sent empty. A requested `value` never changes what is
sent: the site compares (OpenID Connect Core §5.5.1).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from idp.accounts import details
from idp.db.prepared import RawTransaction
from idp.oidc import claim_values, known_facts, levels, principals, standard_claims
from idp.oidc.principals import LEGAL, OWN, Standing
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import CONSENT, RegisteredClient
from idp.oidc.verified import framework, vouching
from idp.realname import persons

_WHO: Final = frozenset({"name", "family_name", "given_name", "middle_name", "gender", "birthdate"})
_CONFIRMED_NAMES: Final = frozenset({"name", "family_name", "given_name"})


def for_userinfo(
    provider: Provider, db: RawTransaction, client: RegisteredClient, *, authorization_id: str,
    account_id: str, scope: frozenset[str], requested: Mapping[str, Any] | None, behalf: Callable[[], Standing],
) -> dict[str, Any] | None:  # fmt: skip
    """The claims at userinfo while the family of the token lives, in one question; None when it does not.

    `requested` is what `claims_request.kept` made of the authorization request; `behalf` says for whom the person acts.
    """
    singly, locales = _kept(client, requested, "userinfo")
    names = _within_duty(client, (*standard_claims.of_scope(scope), *singly))
    verified = vouching.wanted(requested, "userinfo", by_scope=framework.SCOPE in scope)
    tell = vouching.ask(provider, db, client, account_id, verified) if verified is not None else None
    found = known_facts.of_living_family(
        db, provider.keyring, authorization_id=authorization_id, account_id=account_id,
        wanted=_plain(names) if tell is None else _plain(names) | claim_values.OF_PERSON, is_test=client.is_test,
    )  # fmt: skip
    if found is None:
        return None
    facts, acr = found
    level = levels.told(client.metadata.level_scale, acr)
    if tell is not None:
        level |= tell(facts[1], behalf().principal)
    if not names:
        return dict(level)
    known = claim_values.known(*facts, may_be_declared=_may_be_declared(client, scope, singly))
    return _named_facts(known, names, locales) | level


def for_id_token(
    provider: Provider, db: RawTransaction, client: RegisteredClient, *,
    account_id: str, scope: frozenset[str], requested: Mapping[str, Any] | None, with_scope_claims: bool = False,
    standing: Standing = OWN,
) -> dict[str, Any]:  # fmt: skip
    """The claims inside an ID token, beside those of the protocol; asks the database nothing when there are none.

    `requested` is the member `claims` of `Authorization.extra`. The claims of the scope belong into an ID token only
    when no access token comes with it (`with_scope_claims`, OpenID Connect Core §5.4).
    """
    singly, locales = _kept(client, requested, "id_token")
    names = _within_duty(client, (*(standard_claims.of_scope(scope) if with_scope_claims else ()), *singly))
    facts = _released(provider, db, client, account_id, names, locales, _may_be_declared(client, scope, singly))
    verified = vouching.wanted(requested, "id_token", by_scope=with_scope_claims and framework.SCOPE in scope)
    told = _vouched(provider, db, client, account_id, verified, standing) if verified is not None else {}
    return facts | _legal(names, standing) | told


def of_organisation(
    client: RegisteredClient, standing: Standing, *, scope: frozenset[str], requested: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The claim `legal` at userinfo, where it was asked for and the person acts for an organisation."""
    singly, _locales = _kept(client, requested, "userinfo")
    return _legal((*standard_claims.of_scope(scope), *singly), standing)


def _legal(names: Collection[str], standing: Standing) -> dict[str, Any]:
    if LEGAL not in names or standing.principal is None:
        return {}
    return {LEGAL: principals.legal(standing.principal)}


def requested(authorization: Any) -> dict[str, Any] | None:
    """What an authorization remembers of its claims request."""
    remembered: dict[str, Any] | None = (authorization.extra or {}).get("claims")
    return remembered


def for_tokens(
    provider: Provider, db: RawTransaction, client: RegisteredClient, authorization: Any, standing: Standing = OWN
) -> dict[str, Any]:
    """The claims of this authorization for an ID token from the token endpoint; mostly none, and then nothing is asked."""
    remembered = requested(authorization)
    if not remembered or not (remembered.get("id_token") or "id_token" in remembered.get("verified", {})):
        return {}
    return for_id_token(
        provider, db, client, account_id=authorization.account_id, scope=frozenset(), requested=remembered,
        standing=standing,
    )  # fmt: skip


def _kept(
    client: RegisteredClient, requested: Mapping[str, Any] | None, part: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The single claims, of those that the client may have today, and the languages asked for."""
    if not requested:
        return (), ()
    allowed = standard_claims.of_scope(client.metadata.scopes)
    singly = tuple(name for name in requested.get(part, ()) if standard_claims.base(name) in allowed)
    return singly, tuple(requested.get("locales", ()))


def _within_duty(client: RegisteredClient, names: tuple[str, ...]) -> tuple[str, ...]:
    """A duty is no yes of the person: who they really are it releases only to a site that is approved for `realname`."""
    if client.release_basis == CONSENT or "realname" in client.metadata.scopes:
        return names
    return tuple(name for name in names if standard_claims.base(name) not in _WHO)


def _may_be_declared(client: RegisteredClient, scope: frozenset[str], singly: tuple[str, ...]) -> bool:
    """Whether a name nobody confirmed may stand for the name: `realname` alone promises a confirmed one."""
    return "profile" in scope or (bool(singly) and "profile" in client.metadata.scopes)


def _released(
    provider: Provider, db: RawTransaction, client: RegisteredClient, account_id: str,
    names: tuple[str, ...], locales: tuple[str, ...], may_be_declared: bool,
) -> dict[str, Any]:  # fmt: skip
    if not names:
        return {}
    wanted = _plain(names)
    # Asked together, so that they travel together; each only where one of its facts is wanted.
    profile = provider.accounts.ask_profile(db, account_id) if wanted & claim_values.OF_ACCOUNT else _unasked
    person = persons.ask_facts(db, provider.keyring, account_id) if wanted & claim_values.OF_PERSON else _unasked
    written = details.ask(db, provider.keyring, account_id) if wanted & claim_values.OF_DETAILS else _unasked
    known = claim_values.known(profile(), person(), written(), may_be_declared=may_be_declared)
    return _named_facts(known, names, locales)


def _vouched(
    provider: Provider,
    db: RawTransaction,
    client: RegisteredClient,
    account_id: str,
    verified: vouching.Wanted,
    standing: Standing,
) -> dict[str, Any]:
    tell = vouching.ask(provider, db, client, account_id, verified)
    return tell(persons.ask_facts(db, provider.keyring, account_id)(), standing.principal)


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(standard_claims.base, names))


def _named_facts(known: Mapping[str, Any], names: tuple[str, ...], locales: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in _named(known, names, locales) if value not in (None, "", {})}


def _unasked() -> None:
    return None


def _named(known: Mapping[str, Any], names: Iterable[str], locales: tuple[str, ...]) -> Iterable[tuple[str, Any]]:
    """Each claim under the name it was asked by, and in the languages of `claims_locales` (OpenID Connect Core §5.2)."""
    for name in names:
        plain, _hash, tag = name.partition("#")
        if tag:
            yield name, in_language(known, plain, tag)
            continue
        only = (
            in_language(known, plain, locales[0]) if len(locales) == 1 and plain in standard_claims.LOCALISED else None
        )
        # One language is asked for: untagged. But what somebody wrote never stands in for what an authority confirmed.
        is_confirmed = plain in _CONFIRMED_NAMES and "ial" in known
        yield name, known.get(plain) if only is None or is_confirmed else only
        if plain in standard_claims.LOCALISED and (len(locales) > 1 or is_confirmed):
            for locale in locales:
                yield f"{plain}#{locale}", in_language(known, plain, locale)


def in_language(known: Mapping[str, Any], name: str, tag: str) -> Any:
    """The claim in this language: as the person wrote it in English, or as it is when that is simplified Chinese."""
    match tag.lower().split("-"):
        case ["en", *_region]:
            return known.get(f"{name}#en")
        case ["zh", *more] if not {"hant", "tw", "hk", "mo"} & set(more):
            value = known.get(name)
            text = "".join(value.values()) if isinstance(value, dict) else str(value or "")
            return value if claim_values.is_chinese(text) else None
        case _:
            return None
