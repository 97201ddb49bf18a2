"""Asked for by programs about the service itself: policies, sources, keys, and an export of the trail."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from idp.admin import chain, keys, policies, policy_forms, policy_words, sources_changing, sources_words
from idp.admin.api.accounts import Day, Ticket
from idp.admin.api.asking import Filled, OneOf, asks
from idp.admin.api.door import Model, NotFound, Unfit
from idp.edge.services import services
from idp.policies import checking, kinds

_Value = Annotated[int, Field(ge=0, lt=10**6)] | Annotated[str, Field(max_length=checking.LONGEST_TEXT)]


class PolicyAsked(Model):
    """Fields that change, on top of version `base`; or `undoes`, an earlier version to come back to."""

    base: Annotated[int, Field(ge=0, lt=10**9)]
    values: dict[str, _Value] = Field(default_factory=dict)
    undoes: Annotated[int, Field(ge=1, lt=10**9)] | None = None
    reason: Annotated[str, OneOf(*policy_words.REASONS)]
    ticket: Ticket = ""


class SourcesAsked(Model):
    """One change on top of version `base`: `value` is the cost in fen, or the version that `restore` comes back to."""

    base: Annotated[int, Field(ge=0, lt=10**6)]
    do: Annotated[str, OneOf(*sources_words.DOING)]
    source: Annotated[str, Field(max_length=64)] = ""
    value: Annotated[str, Field(pattern=r"^\d{0,6}$")] = ""
    reason: Annotated[str, OneOf(*sources_words.WHY)]


class RotationAsked(Model):
    """`not_before`: an instant with its offset, within sixty days, told to the minute; left out, at once when it is allowed."""

    reason: Annotated[str, OneOf(*keys.ROTATE_WHY)]
    not_before: AwareDatetime | None = None


class RevocationAsked(Model):
    reason: Annotated[str, OneOf(*keys.REVOKE_WHY)]


class AuditExported(Model):
    """Days of Beijing; left out, from the first entry or until now."""

    since: Day | Literal[""] = ""
    until: Day | Literal[""] = ""


@asks("/policies/<kind>", policies.policy_published, tag="policies")
def policy_asked(kind: str, json: PolicyAsked) -> Filled:
    """The next version; its operator sees the difference before confirming."""
    if kind not in kinds.KINDS:
        raise NotFound
    known = kinds.KINDS[kind]
    said = {"base": str(json.base), "reason": json.reason, "ticket": json.ticket}
    if json.undoes is not None:
        return said | {"undoes": str(json.undoes)}
    fields, current = policy_forms.fields_of(known), services().policies.version(known).value
    if odd := sorted(set(json.values) - set(fields)):
        raise Unfit(f"values: {', '.join(map(ascii, odd))}: no such field")
    wanted = {name: str(json.values.get(name, getattr(current, name))) for name in fields}
    value, _ = policy_forms.read(known, wanted, current)
    if not policy_forms.rows(known, current, value):
        raise Unfit("values: as they are already")
    return said | wanted


@asks("/sources/change", sources_changing.sources_changed, tag="sources")
def sources_change_asked(json: SourcesAsked) -> Filled:
    """Switch one off or on, move it in the order, set its cost, or come back to an earlier version."""
    return {
        "base": str(json.base), "do": json.do, "source": json.source, "value": json.value, "reason": json.reason,
        "understood": "yes",
    }  # fmt: skip


@asks("/keys/rotation", keys.key_rotation_asked, tag="keys")
def key_rotation_wanted(json: RotationAsked) -> Filled:
    """Becomes a request that a second person decides."""
    at = keys.typed(json.not_before) if json.not_before is not None else ""
    return {"reason": json.reason, "understood": "yes", "not_before": at}


@asks("/keys/<kid>/revoke", keys.key_revoked, tag="keys")
def key_revocation_asked(kid: str, json: RevocationAsked) -> Filled:
    """Out of the key set at once."""
    return {"reason": json.reason, "kid": kid}


@asks("/audit/export", chain.export, tag="audit")
def audit_export_asked(json: AuditExported) -> Filled:
    """The signed file comes to its operator's browser."""
    return {"since": json.since, "until": json.until}
