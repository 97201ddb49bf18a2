"""Signing in: to the centre with a request, back with an answer that is checked before anybody is believed."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.flask_client import OAuthError
from flask import Blueprint, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from clients.kit import notices
from clients.kit.context import centre, cookie, sessions, set_cookie, settings, visitor
from clients.kit.journey import CALLED, Ask, local_path
from clients.kit.levels import reaches
from clients.kit.notices import Notice, log_as, show

bp = Blueprint("sign_on", __name__)

_NOT_NOW = {"login_required", "interaction_required", "consent_required", "account_selection_required"}


def require(ask: Ask, *, back: str | None = None) -> ResponseReturnValue | None:
    """Nothing if the visitor's session already answers `ask`; else the redirect to the centre that will."""
    session = visitor()
    if session and set(ask.scope.split()) <= set(session.scope.split()) and reaches(session.acr, ask.acr_values):
        return None
    return depart(ask, back=back or request.full_path.rstrip("?"))


def depart(ask: Ask, *, back: str, prompt: str = "", login_hint: str = "", principal: str = "") -> ResponseReturnValue:
    """Send the browser to the centre; `state`, `nonce` and the PKCE verifier stay behind in this journey's cookie.

    With `principal="select"` the person is asked on whose behalf they come, even if they said so before.
    """
    centre().check_alive()
    here = f"{settings().url}/callback"
    extra = {"acr_values": ask.acr_values, "prompt": prompt, "login_hint": login_hint}
    extra["principal"] = principal
    extra["claims"] = CALLED
    journey = centre().create_authorization_url(here, scope=ask.scope, **{k: v for k, v in extra.items() if v})
    journey |= {"back": back, "scope": ask.scope, "acr_values": ask.acr_values, "is_silent": prompt == "none"}
    centre().save_authorize_data(redirect_uri=here, **journey)
    return redirect(journey["url"])


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Start a sign-in; the centre may start one too (third-party initiated login, OIDC Core §4)."""
    asked = request.values
    if asked.get("iss", centre().issuer) != centre().issuer:
        return redirect("/")
    target = asked.get("target_link_uri", "").removeprefix(settings().url)
    back = local_path(target or asked.get("next"))
    if visitor() is not None:
        return redirect(back)
    return depart(current_app.extensions["sign_in_ask"], back=back, login_hint=asked.get("login_hint", "")[:200])


@bp.get("/callback")
def callback() -> ResponseReturnValue:
    answer = request.args
    journey = centre().framework.get_state_data(None, answer.get("state"))
    if journey is None:
        return _unknown_journey()
    try:
        centre().check_response_issuer(answer.get("iss"))
        if "error" in answer:
            centre().framework.clear_state_data(None, answer.get("state"))
            return _refused(answer["error"], journey)
        token = centre().redeem()
        claims = centre().released_claims(token)
    except requests.RequestException as outage:
        log_as(type(outage).__name__)
        return _ended(notices.UNAVAILABLE, journey)
    except (OAuthError, JoseError, ValueError) as refusal:
        log_as(getattr(refusal, "error", None) or type(refusal).__name__)
        return _ended(notices.STALE, journey)
    return _signed_in(token, claims, journey)


def _signed_in(token: dict[str, Any], claims: dict[str, Any], journey: dict[str, Any]) -> ResponseReturnValue:
    proof = token["userinfo"]
    acr = str(proof.get("acr") or "")
    if (before := request.cookies.get(cookie("session"))) is not None:
        sessions().end(before)
    session_id = sessions().begin(  # always a new id: nobody can have planted it
        subject=proof["sub"],
        sid=proof.get("sid"),
        scope=journey["scope"],
        acr=acr,
        claims=claims,
        id_token=token["id_token"],
    )
    g.visitor = sessions().find(session_id)
    if reaches(acr, journey["acr_values"]):
        answer: ResponseReturnValue = redirect(journey["back"])
    else:  # the centre answered, but less surely than we asked: believe the token, not the request
        answer = _refused("unmet_authentication_requirements", journey)
    response = current_app.make_response(answer)
    set_cookie(response, "session", session_id)
    return response


def _refused(error: str, journey: dict[str, Any]) -> ResponseReturnValue:
    if not journey["is_silent"]:
        log_as(error if re.fullmatch(r"[a-z_]{1,60}", error) else "unknown_error")
    in_own_words = current_app.extensions["explain"](error, journey["back"])
    return _ended(in_own_words or notices.of_refusal(error), journey)


def _ended(notice: Notice, journey: dict[str, Any]) -> ResponseReturnValue:
    """No sign-in this time: a silent try goes back to the page it came from, anybody else is told and may try again."""
    if journey["is_silent"]:
        g.mark_tried = True
        return redirect(journey["back"])
    again = ("重新登录", f"/sign-in?{urlencode({'next': journey['back']})}")
    return show(notice if notice.action else replace(notice, action=again))


def _unknown_journey() -> ResponseReturnValue:
    """A callback reloaded, bookmarked or too late. Signed in already: go on. Else a page with a way on."""
    if visitor() is not None:
        return redirect("/")
    if request.args.get("error") in _NOT_NOW:
        return redirect("/?sso=off")  # a browser without cookies asked silently: let it read the front page
    return show(replace(notices.STALE, action=("重新登录", "/sign-in")))
