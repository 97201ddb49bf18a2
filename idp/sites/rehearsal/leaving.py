"""How somebody who is signed in leaves a site: by the form or the link of its page, or by the address that was given."""

from urllib.parse import urlsplit

from idp.sites.rehearsal import markup
from idp.sites.rehearsal.findings import (
    ENDED,
    FAILED,
    NO_WAY_OUT,
    NOT_REGISTERED,
    NOT_TRIED,
    PASSED,
    SERVER_ERROR,
    STILL_IN,
    Finding,
)  # fmt: skip
from idp.sites.rehearsal.markup import Form
from idp.sites.rehearsal.play import Check, Lost
from idp.sites.rehearsal.visitor import Place, Visitor, origin_of

_BUTTONS = frozenset({404, 405})
"""What an address answers that a form posts to."""


def sign_out(check: Check) -> Finding:
    """The site's own way out leads by the centre (RP-Initiated Logout) and leaves nobody signed in."""
    if not check.client.metadata.post_logout_redirect_uris:
        return Finding("sign_out", NOT_TRIED, NOT_REGISTERED)
    walked = check.play()
    if not walked.is_in:
        raise Lost(NO_WAY_OUT, walked.end)
    place = _leave(walked.visitor, check.where.page, check.where.sign_out)
    if place is None or place.status in _BUTTONS:
        return Finding("sign_out", NOT_TRIED, NO_WAY_OUT, *_at(place), "needs_a_script")
    if place.is_fault:
        return Finding("sign_out", FAILED, SERVER_ERROR, *_at(place), place.trouble)
    is_in, is_there = check.is_in(walked.visitor), _is_at_end_session(place, check.centre.provider.issuer)
    if is_in or not is_there:
        detail = "" if is_there else "not_at_centre"
        return Finding("sign_out", FAILED, STILL_IN if is_in else ENDED, *_at(place), detail)
    return Finding("sign_out", PASSED, ENDED, *_at(place))


def _leave(visitor: Visitor, page: str, sign_out: str | None) -> Place | None:
    """Where the way out led; None where nothing can be pressed without a script."""
    shown = visitor.look(page)
    offered = markup.read(shown.url, shown.body)
    if (form := _way_out(offered.forms, sign_out)) is not None:
        return visitor.submit(form, shown.url)
    if sign_out is None:
        return visitor.walk(offered.links[0]) if offered.links else None
    place = visitor.walk(sign_out)
    if place.status != 200 or place.at_centre:
        return place
    # A page that asks once more.
    form = _way_out(markup.read(place.url, place.body).forms, sign_out)
    return visitor.submit(form, place.url) if form is not None else place


def _way_out(forms: list[Form], sign_out: str | None) -> Form | None:
    """The form that posts to the given address, else the one that looks like it."""
    exact = [form for form in forms if sign_out is not None and _bare(form.action) == _bare(sign_out)]
    return next(iter([*exact, *(form for form in forms if form.leads_out)]), None)


def _is_at_end_session(place: Place, issuer: str) -> bool:
    """At the centre's end-session endpoint, or on a page whose form posts itself there."""
    wanted = f"{issuer}/end-session"
    reached = [place.url] if place.at_centre else [form.action for form in markup.read(place.url, place.body).forms]
    return any(_bare(each) == _bare(wanted) for each in reached)


def _bare(url: str) -> tuple[str | None, str]:
    return origin_of(url), urlsplit(url).path or "/"


def _at(place: Place | None) -> tuple[int, str]:
    return (place.status, place.path[:100]) if place is not None else (0, "")
