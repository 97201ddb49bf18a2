"""An API that its routes describe: models in and out, a bearer token, failures as problem documents (RFC 9457).

Each face that programs talk to makes one `Api` and says itself who may come in. No cookie opens one, so no form is forged.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar, cast

import flask
import pydantic
import werkzeug.exceptions
from flask import Blueprint
from flask.typing import ResponseReturnValue
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from idp.core import clock, ids, logging
from idp.core.errors import DomainError, TooManyAttempts
from idp.edge.services import services

PER_MINUTE = 600
"""Calls that one token is good for."""
_LONGEST_TOKEN = 128
_REFUSED = (400, 401, 403, 404, 409, 422, 429)
_CODES = {
    401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
    415: "not_json", 500: "failed",
}  # fmt: skip

_prefixes: list[str] = []

View = TypeVar("View", bound=Callable[..., Any])


class Model(pydantic.BaseModel):
    """What goes in and comes out: nothing unnamed."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Problem(Model):
    """RFC 9457: `code` is stable, `trace_id` is what to quote."""

    title: str
    status: int
    code: str
    trace_id: str
    errors: list[str] = []
    see: str | None = None
    """The page on which a person does what no program may."""


class Nothing(Model):
    """An act that answers nothing but that it was done."""


class NotFound(DomainError):
    """There is no such record, or none within reach of who asks: both are one answer."""

    code = "not_found"
    status = 404


class Unfit(DomainError):
    """What was sent has its form, and cannot be; `told` says which member and why, or what a person would have read."""

    code = "invalid"
    status = 422

    def __init__(self, *told: str) -> None:
        super().__init__()
        self.told = list(told)


class PersonNeeded(DomainError):
    """What asks for a person who is there at that moment; `see` is the address of the page where they do it."""

    code = "person_needed"
    status = 403

    def __init__(self, see: str) -> None:
        super().__init__()
        self.see = see


class Lacking(DomainError):
    """The token is good, and was not made for this: `what` is the permission or scope that it would take."""

    code, status = "forbidden", 403

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


class Unauthorized(werkzeug.exceptions.HTTPException):
    """No token, or none that is good now."""

    code = 401


class Api:
    """One API: its blueprint, and what spectree knows of its routes."""

    def __init__(self, name: str, prefix: str, *, title: str, scheme: str, token: str) -> None:
        """`scheme` names its tokens in the document, and `token` says there where they come from."""
        self.prefix = prefix
        _prefixes.append(f"{prefix}/")
        self.bp = Blueprint(name, __name__, url_prefix=prefix)
        self.spec = SpecTree(
            "flask", title=title, version="1", mode="strict", before=_fit, after=_quiet, annotations=True,
            naming_strategy=_key, nested_naming_strategy=lambda _parent, child: child, validation_error_status=422,
            security_schemes=[
                SecurityScheme(
                    name=scheme, data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer", description=token)
                )
            ],
            security={scheme: []},
        )  # fmt: skip
        self.bp.add_url_rule("/openapi.json", "openapi", self._openapi)
        self.bp.register_error_handler(DomainError, _refused)
        self.bp.register_error_handler(werkzeug.exceptions.HTTPException, _failed)
        self.bp.register_error_handler(RecursionError, _too_deep)

    @property
    def open_endpoint(self) -> str:
        """The document's own, which everybody may read."""
        return f"{self.bp.name}.openapi"

    def route(
        self, path: str, gives: type[Model], *, method: str = "GET", tag: str, status: int = 200,
        refused: tuple[int, ...] = (),
    ) -> Callable[[View], View]:  # fmt: skip
        """A route together with its place in the document; `refused` are statuses that the usual ones do not name.

        `query` and `json` arguments of the view are read by their models, nothing unnamed; it answers a `gives`.
        """

        def decorate(view: View) -> View:
            problems = {f"HTTP_{code}": Problem for code in (*_REFUSED, *refused)}
            described = self.spec.validate(
                resp=Response(**{f"HTTP_{status}": gives, **problems}),
                tags=[tag],
                skip_validation=False,
                operation_id=view.__name__,
            )(view)
            return cast(View, self.bp.route(path, methods=[method])(described))

        return decorate

    def document(self) -> Mapping[str, Any]:
        """What spectree knows of the routes, with the base of their addresses (OpenAPI 3.1)."""
        return cast(Mapping[str, Any], self.spec.spec)

    def _openapi(self) -> ResponseReturnValue:
        """The document of this API, for everybody: it holds no secret."""
        return flask.jsonify(self.document())


def failed(error: werkzeug.exceptions.HTTPException) -> flask.Response | None:
    """What a program is told where no route of an API was met; None for a page's request."""
    return _failed(error) if flask.request.path.startswith(tuple(_prefixes)) else None


def bearer() -> str:
    """The token of the request, counted; Unauthorized where there is none that could be one."""
    scheme, _, secret = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret or len(secret) > _LONGEST_TOKEN or not secret.isascii():
        raise Unauthorized
    if wait := services().store.hit(f"api:{ids.digest(secret)}", limit=PER_MINUTE, period=60, now=clock.epoch()):
        raise TooManyAttempts(retry_after=wait)
    return secret


def problem(
    status: int, code: str, errors: list[str] | None = None, *, retry_after: int | None = None, see: str | None = None
) -> flask.Response:
    """A failure as its document."""
    told = Problem(
        title=HTTPStatus(status).phrase, status=status, code=code, trace_id=logging.trace_id(), errors=errors or [],
        see=see,
    )  # fmt: skip
    answer = flask.Response(told.model_dump_json(exclude_none=True), status, mimetype="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _refused(refusal: DomainError) -> flask.Response:
    errors = refusal.told if isinstance(refusal, Unfit) else None
    if isinstance(refusal, Lacking):
        errors = [refusal.what]
    see = refusal.see if isinstance(refusal, PersonNeeded) else None
    return problem(refusal.status, refusal.code, errors, retry_after=refusal.retry_after, see=see)


def _failed(error: werkzeug.exceptions.HTTPException) -> flask.Response:
    status = error.code or 500
    answer = problem(status, _CODES.get(status, "refused"))
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer


def _too_deep(_bottomless: Exception) -> flask.Response:
    """A body of so many levels that nobody reads it to its end."""
    return problem(422, Unfit.code, ["body: nested too deeply"])


def _told(errors: Any) -> list[str]:
    """What is wrong with the request, member by member, without what was sent."""
    return [f"{'.'.join(str(part) for part in each.get('loc', ()))}: {each.get('msg', '')}" for each in errors or ()]


def _fit(_request: object, refused: flask.Response | None, wrong: object, *_: object) -> None:
    """A request that is none of its route's leaves as a document too."""
    if wrong is not None:
        raise Unfit(*_told(refused.get_json(silent=True) if refused is not None else None))


def _quiet(*_: object) -> None:
    """The log of requests is written elsewhere, without what was sent."""


def _key(model: type[Any]) -> str:
    return model.__name__
