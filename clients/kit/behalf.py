"""On whose behalf the visitor is here, and the question to the centre whether they may act so at this moment."""

from dataclasses import dataclass

import requests

from clients.kit import signed
from clients.kit.centre import Centre, CentreUnavailable
from clients.kit.sessions import Session
from clients.kit.signed import NotFromOurCentre

ANSWER = "mandate-check+jwt"


@dataclass(frozen=True, slots=True)
class Company:
    """The organisation that the visitor acts for, as the centre released it, and the visitor's role in it."""

    principal: str
    name: str
    uscc: str
    role: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The centre's signed answer; `number` is its `jti`, by which the centre finds the question again."""

    may: bool
    number: str
    role: str


def company_of(session: Session) -> Company | None:
    """The organisation behind this session; None when the visitor is here for themselves."""
    principal, legal = session.claims.get("principal"), session.claims.get("legal")
    if not isinstance(principal, dict) or principal.get("type") != "organisation" or not isinstance(legal, dict):
        return None
    return Company(principal["id"], legal["name"], legal["uscc"], legal["role"])


def ask(centre: Centre, session: Session, company: Company, *, service: str) -> Verdict:
    """May this person do this for that organisation now? CentreUnavailable when there is no answer to rely on."""
    centre.check_alive()
    address = centre.load_server_metadata().get("mandate_check_endpoint")
    if not isinstance(address, str):
        raise CentreUnavailable("the centre answers no questions about mandates")
    form = {"sub": session.subject, "principal": company.principal, "service": service}
    with centre.own_session() as http:
        answer = http.post(address, data=form, auth=(centre.client_id, centre.client_secret), timeout=5)
    if answer.status_code != requests.codes.ok:
        raise CentreUnavailable(f"the centre answered {answer.status_code}")
    try:
        said = signed.read(answer.text, ANSWER, centre=centre)
    except NotFromOurCentre as refusal:
        raise CentreUnavailable(f"the answer is not the centre's: {refusal}") from refusal
    if any(said.get(name) != value for name, value in form.items()):  # an answer to another question
        raise CentreUnavailable("the answer is to another question")
    return Verdict(said.get("result") is True, str(said.get("jti")), str(said.get("role", "")))
