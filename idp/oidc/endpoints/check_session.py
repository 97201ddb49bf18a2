"""GET /check-session: the frame by which a site's script asks whether the session is still the same (Session Management 1.0 §3).

The only page that others may frame. It shows nothing and takes nothing: its script compares a hash with a cookie.
"""

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, headers

bp = flask.Blueprint("check_session", __name__)


@bp.get("/check-session")
def check_session() -> ResponseReturnValue:
    headers.let_anyone_frame()
    page = flask.make_response(flask.render_template("check_session.html", cookie=browser.state_cookie_name()))
    page.headers["Cache-Control"] = "public, max-age=300"
    return page
