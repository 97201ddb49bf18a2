"""Which ways of proving who one is are open to a person now, the best one first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.core.identifiers import ADULT, NEEDS_GUARDIAN_UNDER, DocumentKind, age_on
from idp.realname.ports import AssuranceLevel, Capability, Source, SubjectKind, Surface
from idp.realname.watch.preferences import ORDINARY, Preferences


class WayKind(StrEnum):
    """What the person does."""

    CHECK = "check"  # writes name and number
    PHOTO = "photo"  # and takes a picture
    CHALLENGE = "challenge"  # and does something on a phone
    COUNTER = "counter"  # and brings the card


@dataclass(frozen=True, slots=True)
class Way:
    """One way, as pages offer it."""

    name: str
    """`check:population`, `challenge:alipay`, …, `counter`: what forms post."""
    source: str
    kind: WayKind
    level: AssuranceLevel
    is_face: bool
    is_up: bool
    label: str
    """What people call the source, in Chinese."""


COUNTER = "counter"
_COUNTER_WAY = Way(COUNTER, COUNTER, WayKind.COUNTER, AssuranceLevel.IN_PERSON, False, True, "政务服务大厅")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the person who is to be proven, and of what they hold in their hands."""

    wanted: int
    surface: Surface
    document_kind: DocumentKind | None = None
    born: date | None = field(default=None, repr=False)
    failed: frozenset[str] = frozenset()
    """Ways that led nowhere for this person already."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A way with what it takes to order it."""

    way: Way
    capability: Capability | None
    place: int = 0
    """Where operators put its source among equals."""
    cost: int = 0


def ways(
    situation: Situation, offered: Iterable[Offered], *, today: date, minors_by_face: bool = False
) -> tuple[Way, ...]:
    """The ways that lead to what is wanted, the counter behind those online; what is down, or failed before, comes last."""
    fitting = [
        each for each in offered if _fits(each, situation) and _is_of_age(each.way, situation, today, minors_by_face)
    ]
    return tuple(each.way for each in sorted(fitting, key=lambda each: _order(each, situation)))


def offered_by(
    sources: Iterable[Source], is_up: dict[str, bool], *, has_counter: bool, preferences: Preferences = ORDINARY
) -> tuple[Offered, ...]:
    """Everything that the configured sources can do to prove a natural person."""
    found: list[Offered] = []
    for source in sources:
        for kind, port in (
            (WayKind.CHECK, source.check),
            (WayKind.PHOTO, source.photo),
            (WayKind.CHALLENGE, source.challenge),
        ):
            if port is None or port.capability.subject_kind is not SubjectKind.NATURAL_PERSON:
                continue
            capability = port.capability
            name = f"{kind.value}:{source.name}"
            level, is_face = capability.assurance_level, capability.is_face
            way = Way(name, source.name, kind, level, is_face, is_up.get(source.name, True), source.label)
            cost = preferences.costs.get(source.name, capability.cost)
            found.append(Offered(way, capability, preferences.place(source.name), cost))
    if has_counter:
        found.append(Offered(_COUNTER_WAY, None))
    return tuple(found)


def reach(offered: Iterable[Offered], others: Iterable[Capability] = ()) -> int:
    """The highest level that anything configured leads to; `others` are sources of sign-in that vouch for the person."""
    of_ways = [int(each.way.level) for each in offered]
    of_others = [int(each.assurance_level) for each in others if each.subject_kind is SubjectKind.NATURAL_PERSON]
    return max([0, *of_ways, *of_others])


def without_another_way(offered: Iterable[Offered]) -> tuple[Way, ...]:
    """Ways by face beside which nothing else leads as far: none may be offered alone (measures on face recognition, art. 10)."""
    all_ways = [each.way for each in offered]
    return tuple(
        way
        for way in all_ways
        if way.is_face and not any(other.level >= way.level for other in all_ways if not other.is_face)
    )


def _fits(each: Offered, situation: Situation) -> bool:
    way = each.way
    if way.level < situation.wanted:
        return False
    if each.capability is None:
        return True
    return situation.document_kind is None or situation.document_kind in each.capability.documents


def _is_of_age(way: Way, situation: Situation, today: date, minors_by_face: bool) -> bool:
    """A child comes with its guardian, and a minor's face is left alone unless the installation decided otherwise."""
    if situation.born is None or way.kind is WayKind.COUNTER:
        return True
    age = age_on(situation.born, today)
    return age >= NEEDS_GUARDIAN_UNDER and (not way.is_face or age >= ADULT or minors_by_face)


def _order(each: Offered, situation: Situation) -> tuple[bool, bool, bool, bool, int, bool, int, int, int]:
    way = each.way
    is_at_home = (way.source, situation.surface) in {("alipay", Surface.IN_ALIPAY), ("wechat", Surface.IN_WECHAT)}
    of_failed = {name.partition(":")[2] for name in situation.failed}
    return (
        way.name in situation.failed,
        way.source in of_failed,  # who does not answer one question will not answer the next one
        not way.is_up,
        way.kind is WayKind.COUNTER,
        int(way.level),
        way.is_face,  # who can do without a picture of the face is not asked for one first
        -int(is_at_home),
        each.place,
        each.cost,
    )
