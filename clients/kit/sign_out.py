"""Leaving: sign out here and at the centre, and obey when the centre says that a session is over."""

from contextlib import suppress
from dataclasses import replace

import requests
from authlib.integrations.flask_client import OAuthError
from flask import Blueprint, current_app, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from clients.kit import logout_token, notices
from clients.kit.context import centre, cookie, delete_cookie, sessions, settings, visitor
from clients.kit.forms import check_form
from clients.kit.notices import log_as, show

bp = Blueprint("sign_out", __name__)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session here, then at the centre (RP-Initiated Logout 1.0 §2), which tells the other sites."""
    session = visitor()
    if session is None:
        return redirect("/signed-out")
    if not check_form():
        return show(replace(notices.FORM_EXPIRED, action=("返回首页", "/")))
    sessions().end(request.cookies[cookie("session")])
    g.visitor, g.mark_tried = None, True  # nobody who just left is signed in again by looking them up
    back = f"{settings().url}/signed-out"
    try:
        centre().check_alive()
        answer = centre().logout_redirect(post_logout_redirect_uri=back, id_token_hint=session.id_token)
    except requests.RequestException:
        answer = show(notices.SIGNED_OUT_HERE_ONLY)
    response = current_app.make_response(answer)
    delete_cookie(response, "session")
    return response


@bp.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    with suppress(OAuthError):  # opened by hand, or twice: what the page says is true all the same
        centre().validate_logout_response()
    if visitor():
        return redirect("/")
    centre_url = settings().peers.get("centre", settings().issuer)
    return show(replace(notices.SIGNED_OUT, action=("查看各网站的退出结果", f"{centre_url}/signed-out")))


@bp.post("/backchannel-logout")
def backchannel_logout() -> ResponseReturnValue:
    """The centre says that a session is over (Back-Channel Logout 1.0 §2.7): 200 done, 400 not a valid token.

    503 if the keys could not be read, so that the centre delivers the token again instead of giving up on it.
    """
    try:
        token = logout_token.read(request.form.get("logout_token", ""), centre=centre())
    except logout_token.InvalidLogoutToken as refusal:
        log_as(f"logout_token {refusal}")
        return jsonify(error="invalid_request", error_description=f"logout_token refused: {refusal}"), 400
    except requests.RequestException as outage:
        log_as(type(outage).__name__)
        return jsonify(error="temporarily_unavailable"), 503
    sessions().end_by_logout_token(jti=token.jti, expires_at=token.expires_at, sid=token.sid, subject=token.subject)
    return "", 200
