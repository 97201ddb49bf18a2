"""Where an application of a source (a mini program) talks to us about one challenge: JSON in, JSON out, no cookie."""

from __future__ import annotations

from typing import Final

import flask
from flask.typing import ResponseReturnValue

from idp.core import clock, strict_json
from idp.core.addresses import network_of
from idp.core.deadline import Deadline
from idp.edge import browser
from idp.edge.services import services
from idp.realname.ports import Refuted, Unavailable

bp = flask.Blueprint("verify_app", __name__)
WITHOUT_CSRF: Final = "verify_app.talk"
_LONGEST: Final = 8192
_PATIENCE: Final = 8.0
_A_MINUTE: Final = 30
_OF_A_NETWORK: Final = 120


@bp.post("/verify-identity/attempts/<handle>/app")
def talk(handle: str) -> ResponseReturnValue:
    now, store = clock.now().timestamp(), services().store
    by_network = f"identity:app-network:{network_of(browser.address())}"
    # The network first: who makes handles up leaves no counter for each of them behind.
    for counter, limit in ((by_network, _OF_A_NETWORK), (f"identity:app:{handle[:64]}", _A_MINUTE)):
        if wait := store.hit(counter, limit=limit, period=60, now=now):
            return {"error": "slow_down"}, 429, {"Retry-After": str(wait)}
    if (flask.request.content_length or 0) > _LONGEST:
        return {"error": "too_large"}, 413
    try:
        message = strict_json.load_object(flask.request.get_data() if flask.request.is_json else b"")
    except ValueError:
        return {"error": "invalid_request"}, 400
    match services().identity_proof.challenges.converse(handle, message, Deadline.after(_PATIENCE)):
        case None:
            return {"error": "not_found"}, 404
        case Refuted():
            return {"error": "refused"}, 400
        case Unavailable():
            return {"error": "temporarily_unavailable"}, 503
        case answer:
            return dict(answer)
