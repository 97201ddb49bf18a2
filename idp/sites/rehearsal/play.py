"""Playing one sign-in with a site: the imagined visitor on one side, this service's answer on the other."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.oidc.uris import with_parameters
from idp.sites.rehearsal.centre import Centre, Given, NoAnswer
from idp.sites.rehearsal.findings import ANSWERED, SERVER_ERROR, UNREACHABLE
from idp.sites.rehearsal.visitor import Place, Visitor, origin_of, origins_of

_SECONDS: Final = 25.0
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Where:
    """The addresses of a check: where sign-in starts, a page for people who are signed in, and what tells that they are."""

    start: str
    page: str
    marker: str | None
    sign_out: str | None


@dataclass(frozen=True, slots=True)
class Walked:
    """A sign-in that was played: the visitor, what was answered, where it ended, and whether the site let them in."""

    visitor: Visitor
    given: Given
    end: Place
    is_in: bool


class Lost(Exception):
    """The walk came to nothing before anything could be judged."""

    def __init__(self, did: str, place: Place | None = None, detail: str = "") -> None:
        super().__init__(did)
        self.did, self.place, self.detail = did, place, detail


class Check:
    """The site under check, and short ways to play with it."""

    def __init__(
        self, centre: Centre, http: GuardedClient, where: Where, reachable: frozenset[str], deadline: Deadline
    ) -> None:
        """Visits the origins that are `reachable`, until the `deadline` of the whole check."""
        self.centre = centre
        self.client = centre.client
        self.where = where
        self.own, self.reachable = origins_of(centre.client), reachable
        self.deadline = deadline
        self._http = http

    @property
    def may_need_script(self) -> bool:
        """Whether a page of the site may be all that signs people in: it keeps no secret, or gets no code."""
        m = self.client.metadata
        return m.token_endpoint_auth_method == "none" or "code" not in m.response_types

    def visitor(self) -> Visitor:
        deadline = self.deadline.within(_SECONDS)
        return Visitor(self._http, self.own, self.reachable, self.centre.provider.issuer, deadline)

    def depart(self, visitor: Visitor) -> str:
        """From the start address to the centre's door: the address of the authorization request."""
        start = self.where.start
        if start == self.client.metadata.initiate_login_uri:
            start = with_parameters(start, {"iss": self.centre.provider.issuer})
        place = visitor.walk(start)
        if place.is_fault:
            raise Lost(SERVER_ERROR if place.status >= 500 else UNREACHABLE, place, place.trouble)
        if not place.at_centre:
            raise Lost(ANSWERED, place)
        return place.url

    def play(self, *, spoil: str | None = None, declined: str | None = None, **parameters: str) -> Walked:
        """A whole sign-in of a new visitor, with an answer that may be spoiled or changed."""
        visitor = self.visitor()
        try:
            given = self.centre.answer(self.depart(visitor), spoil=spoil, declined=declined)
        except NoAnswer as none:
            raise Lost(UNREACHABLE, None, none.code) from none
        given = given.changed(**parameters)
        end = self.arrive(visitor, given)
        return Walked(visitor, given, end, self.is_in(visitor))

    def arrive(self, visitor: Visitor, given: Given) -> Place:
        """Bring the answer to the site, as its response mode says."""
        if given.answer.mode == "form_post":
            return visitor.post(given.answer.redirect_uri, given.answer.parameters)
        return visitor.walk(given.answer.location)

    def is_in(self, visitor: Visitor) -> bool:
        """Whether the site shows the page that only who is signed in may see."""
        place = visitor.look(self.where.page)
        if place.status != 200:
            return False
        return self.where.marker is None or self.where.marker.encode() in place.body

    def tell_logout(self, token: str) -> int:
        """Post a logout token; the status, 0 when there was no answer."""
        uri = self.client.metadata.backchannel_logout_uri or ""
        if origin_of(uri) not in self.reachable:
            raise Lost(UNREACHABLE, None, "unproven_host")
        body = urlencode({"logout_token": token}).encode("ascii")
        try:
            return self._http.request(
                "POST", uri, headers=_FORM, body=body, deadline=self.deadline.within(_SECONDS), max_bytes=65_536
            ).status
        except HttpUnavailable:
            return 0
