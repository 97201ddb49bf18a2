"""The part of the consent page about verified claims: what would go out, who vouches for it and since when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask_babel
from flask_babel import gettext as _

from idp.core import clock
from idp.core.identifiers import mask_name
from idp.oidc.authorization.claims_request import ClaimsRequest
from idp.oidc.consents import VOUCHED, ReleasedFact
from idp.oidc.verified import answers, framework
from idp.oidc.verified.answers import Ground
from idp.oidc.verified.framework import Offer, Proof
from idp.web import facts_shown, organisations_shown, sources_shown
from idp.web.facts_shown import ShownFact


@dataclass(frozen=True, slots=True)
class Vouching:
    """What the centre could say: the claims it knows, and the proofs that they rest on."""

    offer: Offer
    grounds: Sequence[Ground]
    told: frozenset[str]
    """The claims that the answer would hold now."""

    def ground_for(self, name: str) -> Ground | None:
        return next((ground for ground in self.grounds if name in ground.known), None)

    def proof_for(self, name: str, asked: ClaimsRequest, asked_at: datetime) -> Proof | None:
        """What would be named as the proof of this claim, by what the site demands of it."""
        elements = [each for part in asked.verified.values() for each in part.elements if name in each.claims]
        templates = [each.verification for each in elements] or [answers.BY_SCOPE["verification"]]
        ground = self.ground_for(name)
        known = ground.proofs if ground is not None else ()
        found = (answers.strongest(template, known, self.offer, asked_at) for template in templates)
        return next((proof for proof in found if proof is not None), None)


def is_vouched(word: str) -> bool:
    """Whether a word of a consent is about verified claims."""
    return word == framework.SCOPE or word.startswith(VOUCHED)


def reasons(asked: ClaimsRequest) -> dict[str, ReleasedFact]:
    """Why the request itself says it wants each verified claim."""
    return {
        name: ReleasedFact(f"{VOUCHED}{name}", wanted.purpose, wanted.essential)
        for name, wanted in asked.reasons().items()
    }


def shown(
    facts: Iterable[ReleasedFact], vouching: Vouching, asked: ClaimsRequest, asked_at: datetime
) -> list[ShownFact]:
    """One part of the page for each; the words of the site stand there as text, escaped by the template."""
    return [_shown(fact, vouching, asked, asked_at) for fact in facts]


def _shown(fact: ReleasedFact, vouching: Vouching, asked: ClaimsRequest, asked_at: datetime) -> ShownFact:
    wording = facts_shown.vouched_labels()
    is_whole = fact.word == framework.SCOPE
    names = framework.OF_PERSON if is_whole else (fact.word.removeprefix(VOUCHED),)
    told = [name for name in names if name in vouching.told]
    grounds = {name: ground for name in told if (ground := vouching.ground_for(name)) is not None}
    values = [(wording[name], _value(name, ground.known)) for name, ground in grounds.items()]
    proof = vouching.proof_for(told[0], asked, asked_at) if values else None
    return ShownFact(
        label=next(iter(facts_shown.labels([fact.word])), fact.word),
        values=tuple((said if is_whole else "", value) for said, value in values) if proof is not None else (),
        purpose=fact.purpose,
        note=_by(proof, vouching.offer) if proof is not None else _missing(vouching, names[0], asked, asked_at),
        is_essential=fact.is_essential,
        legal_basis=fact.legal_basis,
    )


def _by(proof: Proof, offer: Offer) -> str:
    label = offer.organizations.get(proof.source)
    who = sources_shown.translated(label) if label is not None else sources_shown.label(proof.source)
    day = flask_babel.format_date(proof.at.astimezone(clock.BEIJING), "long", rebase=False)
    return str(_("核验证明：%(source)s，%(day)s", source=who, day=day))


def _missing(vouching: Vouching, name: str, asked: ClaimsRequest, asked_at: datetime) -> str:
    if vouching.proof_for(name, asked, asked_at) is not None:
        return str(_("按该网站这次的要求，不会提供这一项。"))
    if name in framework.OF_ORGANISATION and vouching.ground_for(name) is None:
        return str(_("您现在不是代表单位登录，不会提供。"))
    if any(ground.proofs for ground in vouching.grounds):
        return str(_("您现有的核验不符合该网站的要求，现在不会提供。"))
    return str(_("您还没有核验身份，现在不会提供。核验之后会提供。"))


def _value(name: str, known: Mapping[str, Any]) -> str:
    if name == "nationalities":
        return str(_("、")).join(str(_("中国")) if code == "CHN" else str(code) for code in known[name])
    if name == "legal_person":
        return f"{known[name]['name']} {known[name]['uscc']}"
    if name == "role":
        return organisations_shown.role(known[name])
    if name == "legal_representative":
        return mask_name(str(known[name]))
    return facts_shown.value_of(name, known)
