"""A phone with our mini program on it: its page in the web view that signs in, and its page that scans a face.

The mini program talks to the centre for itself, as the real one would; what it may show on a phone, these pages show.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask
import requests
from flask.typing import ResponseReturnValue

from sandbox.runtime import runtime
from sandbox.wechat import codes, people
from sandbox.wechat.connect import may_return_to
from sandbox.wechat.face import KEY, RESULT, SCAN
from sandbox.wechat.part import NAME, bp

_PASSED, _OTHER_FACE, _NO_PHOTO, _TOO_FREQUENT, _BLURRED = 10000, 10004, 10009, 10042, 10010
_NOT_THERE, _OTHER_NAME = 10026, 10003
_ENDS = {"other_face": _OTHER_FACE, "no_photo": _NO_PHOTO, "too_frequent": _TOO_FREQUENT, "blurred": _BLURRED}
_PATIENCE = 10
_LIVES_MS = 3_600_000


@bp.route("/mini/sign-in", methods=["GET", "POST"])
def mini_sign_in() -> ResponseReturnValue:
    """The page of the web view: `wx.login`, then back to the centre with its code."""
    asked = flask.request.values
    back, application = asked.get("redirect_uri", ""), _mini()
    if application is None or not may_return_to(back):
        return _page("lost")
    if flask.request.method == "GET":
        return flask.render_template("wechat/mini_sign_in.html", asked=asked, users=people.users())
    told = {"state": asked.get("state", "")}
    if asked.get("action") == "allow" and people.user(asked.get("user", "")) is not None:
        code = codes.issue(application, asked["user"], "", with_unionid="no_unionid" not in asked, is_snapshot=False)
        told = {"js_code": code, **told}
    return flask.redirect(f"{back}{'&' if '?' in back else '?'}{urlencode(told)}", 303)


@bp.get("/mini/face")
def mini_face() -> ResponseReturnValue:
    """Opened by the link or its QR code; `task` is where the centre waits for the mini program."""
    task = flask.request.args.get("task", "")
    if not _is_of_the_centre(task):
        return _page("lost")
    return _page("begin", task=task, users=people.users())


@bp.post("/mini/face")
def mini_face_step() -> ResponseReturnValue:
    form, application = flask.request.form, _mini()
    task, key = form.get("task", ""), form.get("user", "")
    if application is None or not _is_of_the_centre(task) or people.user(key) is None:
        return _page("lost")
    if form.get("action") == "begin":
        code = codes.issue(application, key, "", with_unionid=True, is_snapshot=False)
        told = _say(task, {"step": "begin", "js_code": code})
        if not {"verify_id", "user_id_key"} & told.keys():
            return _page("refused", task=task, told=str(told.get("error", "")))
        return _page("scan", task=task, user=key, told=told)
    if form.get("action") == "cancel":
        _say(task, {"step": "cancel"})
        return _page("cancelled")
    told = _say(task, {"step": "done", **_scanned(form)})
    return _page("done") if told.get("status") == "ok" else _page("refused", task=task, told=str(told.get("error", "")))


def _scanned(form: Mapping[str, str]) -> dict[str, str]:
    """The camera's part: remember how the scan ended, for the server that will ask."""
    here = runtime()
    if (scan := here.state.get(SCAN, form.get("verify_id", ""), now_ms=here.now_ms())) is not None:
        scan["verify_ret"] = _ending(form.get("action", ""), scan["name"], scan["cert_no"])
        here.state.put(SCAN, form["verify_id"], scan, expires_ms=here.now_ms() + _LIVES_MS)
        return {}
    if (person := here.state.get(KEY, form.get("user_id_key", ""), now_ms=here.now_ms())) is None:
        return {}
    application, result = _mini(), secrets.token_urlsafe(48)
    ending = _ending(form.get("action", ""), person["name"], person["cert_no"])
    kept = {
        **person,
        "identify_ret": 0 if ending == _PASSED else ending,
        "openid": people.openid(form["user"], application.appid if application is not None else ""),
        "user_id_key": form["user_id_key"],
    }
    here.state.put(RESULT, result, kept, expires_ms=here.now_ms() + _LIVES_MS)
    return {"verify_result": result}


def _ending(action: str, name: str, number: str) -> int:
    """The registry's word comes first; then what was chosen on the phone."""
    found = runtime().registry.check(number, name)
    if found.number_code != "1":
        return _NOT_THERE
    if found.name_code != "1":
        return _OTHER_NAME
    return _ENDS.get(action, _PASSED if action == "pass" else _BLURRED)


def _say(task: str, message: dict[str, Any]) -> dict[str, Any]:
    with requests.Session() as http:
        http.trust_env = False
        try:
            answer = http.post(
                task, json=message, timeout=_PATIENCE, allow_redirects=False, verify=runtime().settings.ca_file or True
            )
            told = answer.json()
        except (requests.RequestException, ValueError):
            return {"error": "unreachable"}
    return told if isinstance(told, dict) else {"error": "unreachable"}


def _mini() -> people.Application | None:
    return people.application(str(runtime().of(NAME).get("mini_appid", "")), "mini")


def _is_of_the_centre(task: str) -> bool:
    """The mini program talks to the hosts that were registered for it, and to no other."""
    parts = urlsplit(task)
    allowed = runtime().of(NAME).get("callback_hosts", ["localhost", "127.0.0.1"])
    return parts.scheme in {"http", "https"} and parts.hostname in allowed and not parts.fragment


def _page(step: str, **shown: Any) -> ResponseReturnValue:
    return flask.render_template("wechat/mini_face.html", step=step, **shown), 400 if step == "lost" else 200
