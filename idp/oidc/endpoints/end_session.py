"""/end-session, and the centre's own way out: ask when in doubt, end once, tell every site, show who answered."""

from dataclasses import dataclass
from typing import ClassVar

import flask
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from flask.typing import ResponseReturnValue

from idp.core import ids
from idp.edge import browser, headers, leaving, pages
from idp.edge.services import services
from idp.oidc import parameters
from idp.oidc.logout import rp_initiated
from idp.oidc.logout.rp_initiated import LogoutRequest
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.uris import with_parameters
from idp.store.records import Record

bp = flask.Blueprint("end_session", __name__)


@dataclass(frozen=True, slots=True)
class LastSignOut(Record):
    """What this browser signed out of last, so that it can see who answered."""

    KIND: ClassVar[str] = "last_sign_out"
    SECONDS: ClassVar[int] = 3600

    session_id: str
    back: str | None
    client_id: str | None


@bp.route("/end-session", methods=["GET", "POST"])
def end_session() -> ResponseReturnValue:
    """RP-Initiated Logout 1.0 §2, by query or by form."""
    if flask.request.method == "POST" and flask.request.mimetype != "application/x-www-form-urlencoded":
        return pages.refusal("bad_sign_out", 400, reason="end_session")
    raw = flask.request.get_data() if flask.request.method == "POST" else flask.request.query_string
    try:
        sent = parameters.parse(raw)
        pages.wish_language(sent.get("ui_locales", ""))
        asked = rp_initiated.read_request(services().provider, sent)
    except parameters.MalformedParameters as malformed:
        return pages.refusal("bad_sign_out", 400, reason=malformed.reason)
    except InvalidRequestError as wrong:
        return pages.refusal("bad_sign_out", 400, reason=wrong.get_error_description())
    if flask.request.method == "POST" and browser.sent_no_cookie():
        # A cross-site POST brings no SameSite=Lax cookie; the same request by GET does, and ends what it means.
        return flask.redirect(with_parameters("/end-session", _carried(sent)), 303)
    live = browser.session()
    if live is None:
        return _go_back(asked)
    if rp_initiated.means_session(services().provider, asked, live.id, live.account_id):
        return _end(asked, live.id)
    return _ask(asked, sent)


@bp.route("/sign-out", methods=["GET", "POST"])
def sign_out() -> ResponseReturnValue:
    """The centre's own button, and the answer to its question; guarded by the CSRF token."""
    if flask.request.method == "GET":
        return _ask(LogoutRequest(None, None, None), {})
    sent = _carried(flask.request.form)
    pages.wish_language(sent.get("ui_locales", ""))
    try:
        asked = rp_initiated.read_request(services().provider, sent)
    except InvalidRequestError as wrong:
        return pages.refusal("bad_sign_out", 400, reason=wrong.get_error_description())
    live = browser.session()
    if flask.request.form.get("action") == "cancel":
        return flask.redirect(_start_of(asked.client) or "/account", 303)
    return _end(asked, live.id) if live is not None else _go_back(asked)


@bp.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Who of the sites has answered; reload to see more."""
    last = services().store.get(LastSignOut, ids.digest(browser.device()))
    sites, back, back_name = [], None, None
    if last is not None:
        everything = services()
        known = rp_initiated.answers(everything.provider, everything.outbox, last.session_id)
        sites = [{"name": each.client.name(pages.locale()), "state": each.state} for each in known]
        client = everything.provider.clients.find(last.client_id) if last.client_id is not None else None
        back = last.back or _start_of(client)
        back_name = client.name(pages.locale()) if client is not None else None
    return flask.render_template("signed_out.html", sites=sites, back=back, back_name=back_name)


def _ask(asked: LogoutRequest, sent: dict[str, str]) -> ResponseReturnValue:
    """The question, with the name of the site that wants it and of those that end with it."""
    if asked.client is not None:
        headers.allow_form_to(asked.client.start_uri, asked.return_to or "")
    everything, live, names = services(), browser.session(), []
    if live is not None:
        with everything.database.view() as db:
            reached = everything.sessions.sites(db, live.id)
        known = (everything.provider.clients.find(client_id) for client_id in reached)
        names = [client.name(pages.locale()) for client in known if client is not None]
    wanted_by = asked.client.name(pages.locale()) if asked.client is not None else None
    return flask.render_template(
        "sign_out.html", carried=_carried(sent), journey=None, site_names=names, wanted_by=wanted_by
    )


def _end(asked: LogoutRequest, session_id: str) -> ResponseReturnValue:
    """End the session and owe the sites their tokens in one transaction; then send the browser on."""
    everything = services()
    with everything.database.transaction() as db:
        everything.sessions.end(db, session_id, reason="signed_out")
    everything.worker.wake()
    client_id = asked.client.client_id if asked.client is not None else None
    everything.store.put(ids.digest(browser.device()), LastSignOut(session_id, asked.return_to, client_id))
    back_name = asked.client.name(pages.locale()) if asked.client is not None and asked.return_to else None
    gone = leaving.onward(session_id, asked.return_to or "/signed-out", back_name=back_name)
    return browser.drop_session(flask.make_response(gone))


def _go_back(asked: LogoutRequest) -> ResponseReturnValue:
    # Nothing says that the person came from there: a link to us would only be a disguise (RFC 9700 §4.11.2).
    is_disguise = asked.client is not None and asked.hint is None and pages.is_stranger(asked.client)
    return flask.redirect("/signed-out" if is_disguise else asked.return_to or "/signed-out", 303)


def _carried(sent: dict[str, str]) -> dict[str, str]:
    """The parameters of the request, to be sent once more."""
    return {name: sent[name] for name in rp_initiated.PARAMETERS if sent.get(name)}


def _start_of(client: RegisteredClient | None) -> str | None:
    """Where the site starts a sign-in anew, if there is such a place."""
    return (client.start_link(services().settings.issuer) or None) if client is not None else None
