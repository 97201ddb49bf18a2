"""Response modes: the way in which an answer, success or error, travels back to the site.

`query` and `fragment`: OAuth 2.0 Multiple Response Type Encoding Practices §2.1; `form_post`: OAuth 2.0 Form Post
Response Mode. A mode that signs the answer as a whole (JARM) would take its names in `OFFERED` and its step at the top
of `endpoints.answers.render`, before the parameters are written.
"""

from dataclasses import dataclass, field

from idp.oidc import uris
from idp.oidc.authorization import response_types
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.registration import client_uris
from idp.oidc.registration.clients import RegisteredClient

OFFERED = ("query", "fragment", "form_post")


@dataclass(frozen=True, slots=True)
class Answer:
    """Parameters for the site's redirect URI; `state` and `iss` are among them.

    `browser_state` is for the browser's own cookie, when the answer tells of its session (see `session_management`).
    """

    redirect_uri: str
    parameters: dict[str, str] = field(repr=False)
    mode: str
    client: RegisteredClient
    browser_state: str | None = field(default=None, repr=False)
    is_silent: bool = False
    """Whether the site asked with `prompt=none`, and so for an answer without a page, whatever it is."""

    @property
    def location(self) -> str:
        """The address of the redirect, for the modes that are one."""
        add = uris.with_fragment if self.mode == "fragment" else uris.with_parameters
        return add(self.redirect_uri, self.parameters)


def is_allowed(asked: AuthorizationRequest) -> bool:
    """Whether the mode is ours, and does not put a token into a query (§5 of the encoding practices)."""
    wanted = asked.response_mode
    if wanted is None:
        return True
    if wanted == "form_post":  # an app's own scheme takes no form
        return not client_uris.is_private_use(asked.redirect_uri or "")
    return wanted in OFFERED and not (
        wanted == "query" and response_types.default_mode(asked.response_type) == "fragment"
    )


def mode_of(asked: AuthorizationRequest) -> str:
    """How this request is answered: as it says where that is allowed, otherwise as its response type does."""
    wanted = asked.response_mode
    return wanted if wanted is not None and is_allowed(asked) else response_types.default_mode(asked.response_type)
