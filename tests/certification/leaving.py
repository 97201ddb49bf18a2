"""What the logout plans share: a site that hears of leaving, somebody signed in there, and the way out."""

import html
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.certification import checks
from tests.certification.op import CODE, Flow, Party, Provider, Visitor
from tests.certification.plans import NEEDS_A_PERSON
from tests.flows.browser import Landing, Page


@dataclass
class Leaver:
    """A browser that signed in at a site and is about to leave."""

    party: Party
    visitor: Visitor
    flow: Flow
    back: str
    state: str

    def leave(self, **changes: str | None) -> Page | Landing:
        """Send the browser to the end session endpoint; None leaves a parameter out."""
        sent = {"id_token_hint": self.flow.id_token, "post_logout_redirect_uri": self.back, "state": self.state}
        query = urlencode({name: value for name, value in {**sent, **changes}.items() if value is not None})
        return self.visitor.browser.get(f"{self.party.op.metadata['end_session_endpoint']}?{query}")

    def came_back(self, at: Page | Landing, state: str | None) -> None:
        """To the registered address, with the state and nothing else (RP-Initiated Logout §3)."""
        assert isinstance(at, Landing), at
        assert at.address == self.back
        assert at.params == ({"state": state} if state is not None else {})

    def agree(self, at: Page | Landing) -> Page | Landing:
        """Answer the question whether to leave."""
        assert isinstance(at, Page), at
        assert at.status == 200
        return self.visitor.browser.submit("confirm", at)

    def is_out(self) -> None:
        """prompt=none says so (oidcc-rp-initiated-logout and every module after it)."""
        asked = self.party.ask(CODE, prompt="none")
        landing = self.visitor.visit(asked.url)
        checks.refusal(landing.params, *NEEDS_A_PERSON, state=asked.sent["state"], issuer=self.party.op.issuer)

    def is_still_in(self) -> None:
        assert self.visitor.visit(self.party.ask(CODE, prompt="none").url).code


def leaver(op: Provider, **metadata: Any) -> Leaver:
    """Somebody signed in with a fresh browser at a site that may send them on afterwards."""
    back = f"{op.site.url}/post_logout_redirect"
    party = op.party(post_logout_redirect_uris=[back], **metadata)
    visitor = op.visitor()
    return Leaver(party, visitor, party.flow(CODE, visitor), back, secrets.token_urlsafe(96))


def is_signed_out(at: Page | Landing) -> None:
    """A page that says that one is out."""
    assert isinstance(at, Page), at
    assert at.status == 200
    assert "退出" in at.text


def frames_of(at: Page | Landing) -> list[tuple[str, dict[str, str]]]:
    """The frames of a page: address and parameters of each."""
    assert isinstance(at, Page), at
    found = [urlsplit(html.unescape(src)) for src in re.findall(r'<iframe src="([^"]*)"', at.body)]
    return [(f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))) for parts in found]
