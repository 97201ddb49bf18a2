"""The `claims` parameter: single claims a site asks for, read within bounds (OpenID Connect Core §5.5)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from idp.core import strict_json
from idp.oidc import standard_claims
from idp.oidc.verified import asking, framework
from idp.oidc.verified.asking import Asked, VerifiedMalformed, WantedClaim

MAX_LENGTH: Final = 8192
_MOST_CLAIMS, _MOST_VALUES, _LONGEST_NAME, _MOST_LOCALES = 60, 20, 100, 8
_VERIFIED: Final = "verified_claims"


class ClaimsMalformed(ValueError):
    """The parameter is not what §5.5 describes; the text is ASCII and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How one claim is asked for (§5.5.1); without any of these it is simply wanted."""

    essential: bool = False
    value: Any = field(default=None, repr=False)
    values: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def accepted(self) -> tuple[Any, ...]:
        """The values that would do, in order of preference; empty when any would."""
        return ((self.value,) if self.value is not None else ()) + self.values


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """What is asked for the ID token and for userinfo, each by the claim's name as it was written."""

    id_token: Mapping[str, Wanted] = field(default_factory=dict)
    userinfo: Mapping[str, Wanted] = field(default_factory=dict)
    verified: Mapping[str, Asked] = field(default_factory=dict)
    """What is to be vouched for, by the same two places (OpenID Connect for Identity Assurance)."""

    @property
    def subjects(self) -> frozenset[Any] | None:
        """The `sub` values that would do; None when any person would (§5.5.1)."""
        asked = [part["sub"].accepted for part in (self.id_token, self.userinfo) if "sub" in part]
        named = [frozenset(values) for values in asked if values]
        return frozenset.intersection(*named) if named else None

    @property
    def essential_acrs(self) -> tuple[str, ...]:
        """The `acr` values of which the sign-in must reach one (§5.5.1.1); empty when none is required."""
        acr = self.id_token.get("acr")
        return tuple(str(value) for value in acr.accepted) if acr is not None and acr.essential else ()

    @property
    def voluntary_acrs(self) -> tuple[str, ...]:
        """The `acr` values that the site would like (§5.5.1.1)."""
        acr = self.id_token.get("acr")
        return tuple(str(value) for value in acr.accepted) if acr is not None and not acr.essential else ()

    @property
    def essential(self) -> frozenset[str]:
        """The claims without which the site cannot do what the person wants there."""
        asked = (*self.id_token.items(), *self.userinfo.items())
        return frozenset(standard_claims.base(name) for name, wanted in asked if wanted.essential)

    def beyond(self, scope: Collection[str], *, registered: Iterable[str]) -> tuple[str, ...]:
        """The claims that come on top of what the asked scope brings, of those that the client may have.

        A client may ask singly for what one of its registered scopes contains: that is what was approved for it.
        A request that is not of OpenID has no claims.
        """
        if "openid" not in scope or not (self.id_token or self.userinfo):
            return ()
        asked = {standard_claims.base(name) for name in (*self.id_token, *self.userinfo)}
        more = (asked & standard_claims.of_scope(registered)) - standard_claims.of_scope(scope)
        return tuple(name for name in standard_claims.NAMES if name in more)

    def vouched_for(self, scope: Collection[str], *, allowed: Collection[str]) -> tuple[str, ...]:
        """The verified claims asked for, of those that the client may have, in one order."""
        if not self.verified or "openid" not in scope:
            return ()
        asked = {name for each in self.verified.values() for element in each.elements for name in element.claims}
        return tuple(name for name in framework.IN_ORDER if name in asked and name in allowed)

    def reasons(self) -> dict[str, WantedClaim]:
        """Of each verified claim how it is asked for: a purpose that is said anywhere, essential where it is anywhere."""
        found: dict[str, WantedClaim] = {}
        for element in (each for part in self.verified.values() for each in part.elements):
            for name, wanted in element.claims.items():
                known = found.get(name, WantedClaim())
                purposes = dict.fromkeys(filter(None, (known.purpose, wanted.purpose)))
                found[name] = WantedClaim(known.essential or wanted.essential, purpose=" / ".join(purposes))
        return found


NOTHING: Final = ClaimsRequest()


def parse(text: str) -> ClaimsRequest:
    """Read the parameter; ClaimsMalformed when it is too large, not JSON, or of another shape.

    A claim or a member that is not understood is no error (§5.5, §5.5.1); a member that comes twice is.
    """
    if len(text) > MAX_LENGTH:
        raise ClaimsMalformed("claims is too large")
    try:
        given = strict_json.load_object(text, depth=14, nodes=1000)
    except ValueError:
        raise ClaimsMalformed("claims is not a plain JSON object") from None
    verified = {part: asked for part in ("id_token", "userinfo") if (asked := _verified(given, part))}
    return ClaimsRequest(_part(given, "id_token"), _part(given, "userinfo"), verified)


def kept(asked: ClaimsRequest, locales: Iterable[str], *, registered: Iterable[str]) -> dict[str, Any] | None:
    """What the tokens of an authorization must remember of a request: names and languages, never a value it compared."""
    allowed = standard_claims.of_scope(registered)
    parts: dict[str, Any] = {
        "id_token": _permitted(asked.id_token, allowed),
        "userinfo": _permitted(asked.userinfo, allowed),
        "locales": list(dict.fromkeys(filter(standard_claims.is_tag, locales)))[:_MOST_LOCALES],
    }
    return {name: part for name, part in parts.items() if part} or None


def _permitted(part: Mapping[str, Wanted], allowed: frozenset[str]) -> list[str]:
    return [name for name in part if standard_claims.base(name) in allowed and standard_claims.is_offered(name)]


def _part(given: Mapping[str, Any], member: str) -> dict[str, Wanted]:
    part = given.get(member)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise ClaimsMalformed(f"{member} in claims is not an object")
    if len(part) > _MOST_CLAIMS or any(len(name) > _LONGEST_NAME for name in part):
        raise ClaimsMalformed("claims names too many claims")
    return {name: _wanted(name, how) for name, how in part.items() if name != _VERIFIED}


def _verified(given: Mapping[str, Any], member: str) -> Asked:
    part = given.get(member)
    try:
        return asking.parse(part.get(_VERIFIED)) if isinstance(part, dict) else asking.NOTHING
    except VerifiedMalformed as malformed:
        raise ClaimsMalformed(str(malformed)) from malformed


def _wanted(name: str, how: Any) -> Wanted:
    if how is None:
        return Wanted()
    if not isinstance(how, dict):
        raise ClaimsMalformed("a requested claim is neither null nor an object")
    essential, values = how.get("essential", False), how.get("values", [])
    if not isinstance(essential, bool):
        raise ClaimsMalformed("essential is not a boolean")
    if not isinstance(values, list) or ("values" in how and not 0 < len(values) <= _MOST_VALUES):
        raise ClaimsMalformed("values is not an array of possible values")
    if not all(_may_be_value(name, each) for each in (*values, *([how["value"]] if "value" in how else []))):
        raise ClaimsMalformed("a requested value cannot be a value of its claim")
    return Wanted(essential, how.get("value"), tuple(values))


def _may_be_value(name: str, value: Any) -> bool:
    """Text, number or truth value; the address alone is an object (§5.1.1)."""
    return isinstance(value, str | int | float) or (isinstance(value, dict) and standard_claims.base(name) == "address")
