"""What sites call, answered as bare WSGI: no browser is there, so no cookie, page or framework is needed.

Half of what a token or userinfo request costs on Flask is Flask (docs/performance.md); the rules behind never saw it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from idp.core import certificates, clock, logging
from idp.core.errors import DomainError
from idp.edge import cors, headers, metrics, tracing
from idp.edge.proxy import CLIENT_CERTIFICATE, StartResponse, WsgiApp, is_own_host
from idp.edge.services import Services
from idp.oidc import parameters
from idp.oidc.engine import ProtocolError, TokenAnswer, error_answer, malformed_answer
from idp.oidc.parameters import MalformedParameters

MAX_BODY = 65_536
FORM = "application/x-www-form-urlencoded"
_RECOVERY_SECONDS = 5
_ERRORS = {429: "slow_down", 500: "server_error", 503: "temporarily_unavailable"}
_NO_CONTENT = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_log = logging.get("edge.site_calls")


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """One call of a site: what an endpoint needs to know of it."""

    method: str
    authorization: str | None = field(repr=False)
    address: str
    content_type: str
    environ: Mapping[str, Any] = field(repr=False)
    certificate: certificates.Presented | None = field(default=None, repr=False)

    @property
    def is_form(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == FORM

    @property
    def query(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))

    def body(self) -> bytes:
        """What was sent, up to the limit; BodyTooLarge beyond it."""
        return _body(self.environ)

    def form(self) -> dict[str, str]:
        """The posted parameters; MalformedParameters for anything but one clean form (RFC 6749 §3.2, appendix B)."""
        if not self.is_form:
            raise MalformedParameters(f"the content type must be {FORM}")
        return parameters.parse(self.body())


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path that sites call."""

    name: str
    methods: tuple[str, ...]
    answer: Callable[[Services, SiteRequest], TokenAnswer]

    @property
    def allowed(self) -> tuple[str, ...]:
        """All that may be asked here, for `Allow` (RFC 9110 §10.2.1)."""
        return (*self.methods, *(["HEAD"] if "GET" in self.methods else []), "OPTIONS")


class SiteCalls:
    """WSGI layer in front of the application for the paths that sites call."""

    def __init__(self, app: WsgiApp, everything: Services, endpoints: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._everything = everything
        self._endpoints = endpoints
        settings = everything.settings
        hsts = headers.hsts(https=settings.is_https, subdomains=settings.hsts_subdomains)
        always = list(headers.of_data(hsts=hsts).items())
        self._always = {path: [*cors.of_answer(path), *always] for path in endpoints}
        self._of_options = {
            path: [("Allow", ", ".join(each.allowed)), *cors.of_preflight(path, each.methods), *always]
            for path, each in endpoints.items()
        }

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            return self._app(environ, start_response)
        began, trace = clock.monotonic(), tracing.begin_of(environ)
        answer = self._answered(endpoint, environ)
        tracing.log_request(endpoint.name, environ["REQUEST_METHOD"], answer.status, began)
        metrics.observe_request(endpoint.name, answer.status, clock.monotonic() - began)
        if answer.status == 204:  # without content there is no type and no length of it (RFC 9110 §8.6, §15.3.5)
            is_question = environ["REQUEST_METHOD"] == "OPTIONS"
            about = self._of_options[path] if is_question else [*_NO_CONTENT, *self._always[path]]
            start_response("204 No Content", [*about, ("X-Trace-Id", trace)])
            return []
        length = ("Content-Length", str(len(answer.body)))
        sent = [*answer.headers.items(), *self._always[path], length, ("X-Trace-Id", trace)]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", sent)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answered(self, endpoint: Endpoint, environ: dict[str, Any]) -> TokenAnswer:
        method = environ["REQUEST_METHOD"]
        if not is_own_host(environ.get("HTTP_HOST", ""), self._everything.settings.host):
            return TokenAnswer(421, {"error": "invalid_request"}, {})
        if method == "OPTIONS":
            return TokenAnswer(204, {}, {})
        if method not in endpoint.methods and not (method == "HEAD" and "GET" in endpoint.methods):
            return TokenAnswer(405, {"error": "invalid_request"}, {"Allow": ", ".join(endpoint.allowed)})
        request = SiteRequest(
            method,
            environ.get("HTTP_AUTHORIZATION"),
            environ.get("REMOTE_ADDR", ""),
            environ.get("CONTENT_TYPE", ""),
            environ,
            environ.get(CLIENT_CERTIFICATE),
        )
        try:
            return endpoint.answer(self._everything, request)
        except MalformedParameters as malformed:
            return malformed_answer(malformed)
        except ProtocolError as refusal:
            return error_answer(refusal)
        except DomainError as refusal:
            return _failure(refusal.status, refusal.retry_after)
        except Exception as failure:  # noqa: BLE001 - a site gets an OAuth error whatever happened
            _log.error("failed", endpoint=endpoint.name, exc_info=failure)
            return _failure(500)


def _failure(status: int, retry_after: int | None = None) -> TokenAnswer:
    wait = retry_after or (_RECOVERY_SECONDS if status == 503 else None)
    return TokenAnswer(
        status, {"error": _ERRORS.get(status, "invalid_request")}, {"Retry-After": str(wait)} if wait else {}
    )


def _body(environ: Mapping[str, Any]) -> bytes:
    """The body, up to its limit; a body without a length is read only where the server marks its end."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        if "HTTP_TRANSFER_ENCODING" not in environ:
            return b""
        length = str(MAX_BODY + 1)
    if int(length) > MAX_BODY and "HTTP_TRANSFER_ENCODING" not in environ:
        raise BodyTooLarge
    body: bytes = environ["wsgi.input"].read(min(int(length), MAX_BODY + 1))
    if len(body) > MAX_BODY:
        raise BodyTooLarge
    return body
