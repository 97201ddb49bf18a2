"""What leaves as `verified_claims`: exactly what was asked, as far as the site may have it and evidence proves it.

Each object of a request is answered for itself. It is left out whole when its trust framework is none of ours, when something
is demanded of the verification that no evidence meets, when a demanded value of a claim is another, and when no claim is left.
A claim that is not known is left out alone, essential or not ("Returning less data than requested").
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from idp.core.crypto import Keyring
from idp.core.identifiers import DocumentKind
from idp.mandates.acting import Principal
from idp.oidc.verified import asking, framework
from idp.oidc.verified.asking import Template
from idp.oidc.verified.framework import Offer, Proof
from idp.oidc.verified.matching import NOTHING, Unmatched, fill
from idp.realname.persons import PersonFacts

BY_SCOPE: Final[Mapping[str, Any]] = {
    "verification": {
        "trust_framework": None,
        "assurance_level": None,
        "time": None,
        "evidence": [{"type": None, "check_details": [{"check_method": None, "organization": None, "time": None}]}],
    },
    "claims": dict.fromkeys(framework.OF_PERSON),
}
"""What the scope word `verified` stands for."""
_CITIZENS: Final = frozenset({DocumentKind.RESIDENT_ID, DocumentKind.PRC_PASSPORT})


def digest_for(keyring: Keyring, client_id: str) -> Callable[[str, Any], str]:
    """How values that a site compares are remembered: by a keyed digest that fits this site and this claim alone."""
    return lambda name, value: keyring.blind_index(f"verified:{client_id}:{name}", asking.canonical(value))


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of somebody, and the proofs that it rests on."""

    proofs: Sequence[Proof]
    known: Mapping[str, Any] = field(repr=False)


def answer(
    kept: Any, grounds: Sequence[Ground], *, offer: Offer, allowed: Collection[str],
    digest: Callable[[str, Any], str], now: datetime,
) -> Any:  # fmt: skip
    """The member `verified_claims` for what `asking.kept` kept, an array where one was sent; None when nothing is left.

    One object of it tells of one ground, the first that has something to say: proofs of a person prove nothing of another.
    `now` is the moment of the request, from which a demanded age counts.
    """
    asked = kept if isinstance(kept, list) else [kept]
    told = []
    for each in asked:
        for ground in grounds:
            claims = _claims(each["claims"], ground.known, allowed, digest)
            verification = verified(each["verification"], ground.proofs, offer, now) if claims else None
            if verification is not None:
                told.append({"verification": verification, "claims": claims})
                break
    if not told:
        return None
    return told if isinstance(kept, list) else told[0]


def verified(template: Template, proofs: Sequence[Proof], offer: Offer, now: datetime) -> dict[str, Any] | None:
    """The verification that meets the template, by the strongest and newest proof that does; None when none does.

    Where evidence is asked for, every further proof that meets the template stands beside it, each kind once.
    """
    fitting: dict[tuple[str, str], dict[str, Any]] = {}
    for proof in proofs:
        if offer.knows(proof) and (made := _by(template, proof, offer, now)) is not None:
            fitting.setdefault((proof.source, proof.check_method), made)
    if not fitting:
        return None
    first, *others = fitting.values()
    if "evidence" in first:
        first["evidence"] = [entry for each in (first, *others) for entry in each["evidence"]]
    return first


def strongest(template: Template, proofs: Sequence[Proof], offer: Offer, now: datetime) -> Proof | None:
    """The proof by which `verified` would answer."""
    return next(
        (proof for proof in proofs if offer.knows(proof) and _by(template, proof, offer, now) is not None), None
    )


def known_of(person: PersonFacts | None) -> dict[str, Any]:
    """The claims that evidence about a natural person proves, by name."""
    if person is None:
        return {}
    kind = person.document.kind
    nation = "CHN" if kind in _CITIZENS else person.nationality
    known = {
        "name": person.name,
        "birthdate": person.birthdate.isoformat() if person.birthdate is not None else None,
        "gender": person.gender,
        "nationalities": [nation] if nation is not None else None,
        "resident_id": person.resident_id,
    }
    return {name: value for name, value in known.items() if value is not None}


def known_of_organisation(principal: Principal) -> dict[str, Any]:
    """The claims that a register proves of the organisation, and who this person is to it."""
    return {
        "legal_person": {"name": principal.name, "uscc": principal.uscc, "type": principal.kind},
        "legal_representative": principal.representative,
        "role": principal.role,
    }


def _by(template: Template, proof: Proof, offer: Offer, now: datetime) -> dict[str, Any] | None:
    known = offer.verification_of(proof)
    if "assurance_level" in template:
        known["assurance_level"] = _level(template["assurance_level"], proof.ial)
    try:
        made = fill(template, known, now)
    except Unmatched:
        return None
    return {**made, "trust_framework": framework.NAME} if made is not NOTHING else None


def _level(accepted: Sequence[str] | None, ial: int) -> str | None:
    """The highest of the accepted levels that a proof of this one reaches: who is proven more surely is proven as surely, too."""
    reached = [f"ial{each}" for each in range(ial, 0, -1)]
    return next((level for level in reached if accepted is None or level in accepted), None)


def _claims(
    asked: Mapping[str, Any], known: Mapping[str, Any], allowed: Collection[str], digest: Callable[[str, Any], str]
) -> dict[str, Any]:
    """The claims that go out; none when one of them has another value than the site demands."""
    told = {name: known[name] for name in asked if name in allowed and name in known}
    for name, value in told.items():
        accepted = asked[name]
        if accepted is not None and digest(name, value) not in accepted:
            return {}
    return told
