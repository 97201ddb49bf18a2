"""What each source offers, and what would be missing without it: levels of people that nothing else leads to, organisations
that nobody else knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.core.identifiers import Uscc
from idp.core.identifiers.uscc import uscc_check_character
from idp.realname.ports import AssuranceLevel, Capability, Source, SubjectKind


class Kind(StrEnum):
    """What a source may be asked for."""

    CHECK = "check"
    PHOTO = "photo"
    CHALLENGE = "challenge"
    SIGN_IN = "sign_in"
    REGISTER = "register"
    LICENCE = "licence"


ORGANISATIONS: Final = ("91", "92", "93", "51", "52", "53", "11", "12")
"""Beginnings of social credit codes, each of which some register answers for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that a source does."""

    kind: Kind
    channel: str
    capability: Capability


@dataclass(frozen=True, slots=True)
class Reached:
    """What the sources at hand lead to: levels of people without going anywhere, organisations by the beginning of their code."""

    levels: frozenset[int] = frozenset()
    organisations: frozenset[str] = frozenset()
    has_licence: bool = False
    face_alone: frozenset[int] = frozenset()
    """Levels of people to which nothing leads but their face."""

    def lacks(self, before: "Reached") -> "Missing":
        """What was there before and is not any more."""
        return Missing(
            tuple(sorted(before.levels - self.levels)),
            tuple(each for each in ORGANISATIONS if each in before.organisations - self.organisations),
            before.has_licence and not self.has_licence,
            tuple(sorted(self.face_alone - before.face_alone)),
        )


@dataclass(frozen=True, slots=True)
class Missing:
    levels: tuple[int, ...] = ()
    organisations: tuple[str, ...] = ()
    licence: bool = False
    face_alone: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.levels or self.organisations or self.licence or self.face_alone)


def of(source: Source) -> tuple[Offer, ...]:
    """Everything that it offers, in the order of the ports."""
    ports = {
        Kind.CHECK: source.check, Kind.PHOTO: source.photo, Kind.CHALLENGE: source.challenge,
        Kind.SIGN_IN: source.sign_in, Kind.REGISTER: source.register, Kind.LICENCE: source.licence,
    }  # fmt: skip
    return tuple(
        Offer(kind, getattr(port, "channel", kind.value), port.capability)
        for kind, port in ports.items()
        if port is not None
    )


def reached(sources: Iterable[Source], *, has_counter: bool) -> Reached:
    """What these sources lead to. A counter is no way online; it keeps people from being left with their face alone."""
    at_hand = tuple(sources)
    proofs = [
        offer.capability
        for source in at_hand
        for offer in of(source)
        if offer.capability.subject_kind is SubjectKind.NATURAL_PERSON
        and offer.capability.assurance_level > AssuranceLevel.REGISTERED
    ]
    wanted = [int(level) for level in AssuranceLevel if level > AssuranceLevel.REGISTERED]
    online = {level for level in wanted if any(each.assurance_level >= level for each in proofs)}
    faceless = {level for level in online if any(each.assurance_level >= level and not each.is_face for each in proofs)}
    registers = [source.register for source in at_hand if source.register is not None]
    return Reached(
        frozenset(online),
        frozenset(each for each in ORGANISATIONS if any(register.serves(sample(each)) for register in registers)),
        any(source.licence is not None for source in at_hand),
        frozenset() if has_counter else frozenset(online - faceless),
    )


def sample(beginning: str) -> Uscc:
    """A code of nobody, with this beginning."""
    body = f"{beginning}370199MA3000000"
    return Uscc.parse(body + uscc_check_character(body))
