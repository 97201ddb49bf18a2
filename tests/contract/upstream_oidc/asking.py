"""A browser that signs in at the sandbox's other centre, and the adapter configured for it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.upstream_oidc import ADAPTER, Options, UpstreamSignIn
from idp.realname.ports import Scene, Surface
from idp.realname.sources import Tools
from tests.sandbox.agreed import PARTS
from tests.sandbox.served import ServedSandbox

RETURN = "http://localhost:8000/sign-in/with/jinan/return"
SCENE = Scene(Surface.DESK, RETURN)
STATE = "AbcState123"
GRADES = {"urn:jinan:grade:1": 3, "urn:jinan:grade:2": 2, "urn:jinan:grade:3": 1, "urn:jinan:grade:4": 0}


def options_for(sandbox: ServedSandbox, **change: Any) -> Options:
    given = {
        "issuer": f"{sandbox.url}/centre",
        "label": "济南市统一身份认证",
        "client_id": PARTS["centre"]["client_id"],
        "client_secret": Secret(PARTS["centre"]["client_secret"]),
        "algorithms": frozenset({"ES256"}),
        "levels": GRADES,
        "ceiling": 3,
        "kind_claim": "id_type",
        "kinds": {"10": "resident_id"},
        "number_claim": "id_number",
    }
    return Options(**{**given, **change})


def built(options: Options, http: HttpClient) -> UpstreamSignIn:
    sign_in = ADAPTER.build("jinan", options, Tools(http, None, "http://localhost:8000")).sign_in
    assert isinstance(sign_in, UpstreamSignIn)
    return sign_in


def allowed(
    sandbox: ServedSandbox, sign_in: UpstreamSignIn, user: str = "person-01", action: str = "allow"
) -> tuple[dict[str, str], str]:
    """What the browser brings back, and what was to be kept."""
    begun = sign_in.begin(STATE, SCENE)
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    sandbox.session.get(begun.url, timeout=10).raise_for_status()
    answer = sandbox.post("/centre/authorize", data={**asked, "user": user, "action": action})
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query)), begun.keep


def finish(sign_in: UpstreamSignIn, answer: dict[str, str], keep: str, seconds: float = 8) -> Any:
    return sign_in.finish(answer, keep, SCENE, Deadline.after(seconds))


def signed_in(sandbox: ServedSandbox, sign_in: UpstreamSignIn, user: str = "person-01") -> Any:
    return finish(sign_in, *allowed(sandbox, sign_in, user))
