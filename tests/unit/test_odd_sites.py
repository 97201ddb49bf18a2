"""Pages and answers of a site that means the check no good: read in time, and no end of the check."""

import time

import pytest

from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer
from idp.sites.rehearsal import markup
from idp.sites.rehearsal.cookies import Jar
from idp.sites.rehearsal.visitor import Visitor

URL = "https://site.example.gov.cn/page"
ORIGIN = "https://site.example.gov.cn:443"
ENDLESS = (
    "<!--",
    "<![",
    "<!",
    "<?",
    "</a",
    "<a ",
    "<a b=",
    "<a b='",
    "<a/",
    "<",
    "<script",
    "<script></",
    "&#",
    "<form><a href=/>",
)


def page(text: str) -> markup.Page:
    return markup.read(URL, text.encode())


@pytest.mark.parametrize("piece", ENDLESS)
def test_a_page_takes_no_longer_than_its_length(piece):
    began = time.process_time()
    page(piece * (100_000 // len(piece)))
    page(f"<a {piece * (100_000 // len(piece))}")
    assert time.process_time() - began < 5


def test_what_grows_by_what_stands_before_it_is_bounded():
    began = time.process_time()
    page(f"<base href='/{'a' * 200_000}'>" + "<a href=x>退出</a>" * 10_000)
    page("<a href=x>" + "t<b>" * 60_000)
    page("<form>" + "<input type=submit value=退出>" * 10_000)
    assert time.process_time() - began < 5


def test_odd_markup_is_read_as_a_browser_reads_it():
    found = page(
        "<![if IE]><!-- <form action=/no> --><FORM Action='/out?a=1&amp;b=2' method=post><input name=t value=&#x41;&#0>"
        "<textarea name=x></form><a href=/no></textarea><input type=submit disabled name=d><button id=logout>x</button></form>"
        "<script>var a = '<form action=/no><!--';</script><a href=//[x>退出</a><a =x href = /sign-out >y</a><a href='/open"
    )
    [form] = found.forms
    assert (form.action, form.method) == ("https://site.example.gov.cn/out?a=1&b=2", "POST")
    assert form.fields == [("t", "A\ufffd"), ("x", "")]
    assert form.leads_out
    assert found.links == ["https://site.example.gov.cn/sign-out"]
    assert page("&#" + "9" * 5000 + "<a href=/logout>x</a>").links == ["https://site.example.gov.cn/logout"]


class Odd:
    def __init__(self, **headers: str) -> None:
        self.headers = headers

    def request(self, *_: object, **__: object) -> HttpAnswer:
        return HttpAnswer(302, self.headers, b"", ("a=b; expires=Mon, 01 Jan 2024 00:00:00 +999999999999999999",))


def test_an_address_that_is_none_is_where_a_walk_ends():
    own = frozenset({ORIGIN})
    http = Odd(location="https://[x")
    place = Visitor(http, own, own, "https://id.example", Deadline.after(5)).walk(URL)  # type: ignore[arg-type]
    assert (place.trouble, place.path) == ("broken", "/page")
    jar = Jar()
    jar.take(URL, ("a=b; expires=Mon, 01 Jan 2024 00:00:00 +999999999999999999",))
    assert jar.header(URL) == "a=b"
