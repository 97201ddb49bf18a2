"""What the pages of proof know of the person in front of them, and the words for each way that is open to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.core.identifiers import DocumentKind, mask_document, mask_name
from idp.edge import browser
from idp.edge.services import services
from idp.oidc.verified.missing import Missing
from idp.realname import persons, standing
from idp.realname.persons import PersonFacts
from idp.realname.policy import Situation, Way, WayKind
from idp.realname.ports import Applicant
from idp.realname.standing import Standing
from idp.web import documents_shown, journey, sources_shown

RENEW = "renew"
COUNTER_PAGE = "/verify-identity/counter"


@dataclass(frozen=True, slots=True)
class ShownWay:
    """One way as a page offers it."""

    name: str
    kind: str
    title: str
    hint: str
    source: str
    is_face: bool
    is_up: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A person who is about to prove who they are: how they stand, what is wanted, and what they tried."""

    account_id: str
    standing: Standing
    person: PersonFacts | None = field(repr=False)
    wanted: int
    level: str
    """What the forms carry outside a journey: a level, or `renew`."""
    tried: frozenset[str]
    lacks: Missing | None = None
    """A new proof that the site of the journey calls essential for what it wants vouched for."""

    @property
    def is_met(self) -> bool:
        return self.level != RENEW and self.lacks is None and self.standing.ial >= self.wanted

    @property
    def applicant(self) -> Applicant | None:
        """The person who is known already, and need not write anything again."""
        return Applicant(self.person.name, self.person.document) if self.person is not None else None

    @property
    def masked(self) -> tuple[str, str, str] | None:
        """The same as pages show it: name, kind of document, number."""
        if self.person is None:
            return None
        document = self.person.document
        return mask_name(self.person.name), documents_shown.label(document.kind), mask_document(document)

    def ways(self, applicant: Applicant | None = None, *, besides: str = "") -> list[Way]:
        """The ways that are open, the best first; `besides` is one that has just led nowhere."""
        known = applicant or self.applicant
        born = known.document.birthdate if known is not None else None
        situation = Situation(
            wanted=self.wanted,
            surface=browser.surface(),
            document_kind=known.document.kind if known is not None else None,
            born=born,
            failed=self.tried | ({besides} if besides else set()),
        )
        open_ways = [way for way in services().identity_proof.ways(situation) if way.name != besides]
        if self.lacks is None:
            return open_ways
        return [way for way in open_ways if way.name in self.lacks.ways]


def case_of(account_id: str) -> Case:
    """Read from what is known, and from the address or form in hand."""
    everything, under_way = services(), journey.current()
    with everything.database.view() as db:
        person = persons.facts(db, everything.keyring, account_id)
        now_stands = standing.standing_of(db, account_id, clock.now())
    level = _given("level") if under_way is None else ""
    if under_way is not None:
        wanted = under_way.wanted_ial
    elif level == RENEW:
        wanted = max(1, now_stands.ial)
    else:
        wanted = int(level) if level in {"1", "2", "3"} else 1
    lacks = journey.lacks(account_id)
    if lacks is not None:
        wanted = max(wanted, lacks.level)
    tried = frozenset(each for each in _given("tried")[:300].split(",") if each)
    return Case(account_id, now_stands, person, max(1, wanted), level, tried, lacks)


def put_off(account_id: str) -> ResponseReturnValue:
    """Not now: a site that demands a level is told so, one that wants something vouched for gets what there is."""
    under_way = journey.current()
    case = case_of(account_id)
    if under_way is None or case.lacks is None or case.standing.ial < under_way.wanted_ial:
        return journey.decline("unmet_authentication_requirements")
    journey.ask_no_more_proof()
    return journey.onward()


def shown(ways: list[Way]) -> list[ShownWay]:
    return [
        ShownWay(way.name, way.kind.value, *_words(way), sources_shown.translated(way.label), way.is_face, way.is_up)
        for way in ways
    ]


def document_kinds() -> dict[DocumentKind, str]:
    """The kinds of documents that any way online knows; the others are for the counter."""
    known: set[DocumentKind] = set()
    for source in services().sources.offered:
        for port in (source.check, source.photo, source.challenge):
            known |= port.capability.documents if port is not None else set()
    return {kind: label for kind, label in documents_shown.kinds().items() if kind in known}


def _given(name: str) -> str:
    if flask.request.method == "POST":
        return flask.request.form.get(name, "")
    return flask.request.args.get(name, "")


def _words(way: Way) -> tuple[str, str]:
    source = sources_shown.translated(way.label)
    match way.kind:
        case WayKind.CHECK:
            return _("核对姓名和证件号码"), _("与%(source)s核对一次，马上知道结果。", source=source)
        case WayKind.PHOTO:
            return _("现场拍一张照片"), _("与%(source)s里的证件照片比对，照片不保存。", source=source)
        case WayKind.CHALLENGE:
            return _("用%(source)s刷脸", source=source), _(
                "用您的手机打开%(source)s完成，我们得不到人脸照片。", source=source
            )
        case WayKind.COUNTER:
            return _("到政务服务大厅当面核验"), _("带上身份证件，工作人员当面核对，不用人脸识别。")
