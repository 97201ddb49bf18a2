"""Every citizen page, looked at: widths, themes, elder mode, languages; axe, overflow, target sizes, weight, policy."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from flask import Flask
from werkzeug.serving import make_server

from tests.browser.gallery import create_app, samples

ARTEFACTS = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts")) / "gallery"
MOST_BYTES = 60_000
TOO_SMALL = """least => [...document.querySelectorAll('button, input:not([type=hidden]), .button')].filter(one => {
  const box = (one.matches('[type=checkbox], [type=radio]') ? one.closest('.check') : one).getBoundingClientRect();
  return box.width > 0 && box.height < least - 0.5;
}).map(one => one.outerHTML.slice(0, 90))"""


@dataclass(frozen=True)
class Look:
    width: int
    theme: str
    language: str
    is_elder: bool = False

    def __str__(self) -> str:
        return f"{self.width}-{'elder-' if self.is_elder else ''}{self.theme}-{self.language}"

    @property
    def cookie(self) -> str:
        return f"{self.language}.{'elder' if self.is_elder else 'standard'}.auto."


LOOKS = [
    Look(390, "light", "zh"), Look(390, "dark", "en"),
    Look(390, "light", "zh", is_elder=True), Look(390, "dark", "zh", is_elder=True),
    Look(1440, "light", "en"), Look(1440, "dark", "zh"), Look(1440, "light", "en", is_elder=True),
]  # fmt: skip

# Pages that differ from another one in their words only: looked at once.
SAME_SHAPE = {
    *(f"error-{kind}" for kind in ("bad_request", "csrf", "forbidden", "method", "too_large", "server", "unavailable")),
    "details-nickname", "details-english-address", "details-name",
    "error-not_found", "error-bad_redirect", "error-bad_sign_out", "error-too_many",
    "sign-in-empty", "sign-in-direct", "sign-in-code-wrong",
    "code-again", "register-code", "register-account-wrong", "home-signed-in", "account-new", "sites-empty", "agreement",
}  # fmt: skip


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def whole_gallery() -> Flask:
    return create_app()


def names() -> list[str]:
    app = create_app()
    return sorted(app.test_client().get("/names").json)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["account", "proofs"])
def test_large_letters_fit_the_narrowest_phone(chromium, gallery, name):
    context = chromium.new_context(viewport={"width": 320, "height": 700})
    context.add_cookies([{"name": "idp_display", "value": "en.elder.auto.", "url": gallery}])
    page = context.new_page()
    assert page.goto(f"{gallery}/page/{name}").status == 200
    width, cut = page.evaluate("""() => [document.documentElement.scrollWidth, [...document.querySelectorAll(
      '.account-nav a')].filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right >
      one.closest('ul').getBoundingClientRect().right + 1).map(one => one.textContent)]""")
    folder = ARTEFACTS / "320-elder-en"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    context.close()
    assert (width, cut) == (320, [])


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(900)  # some forty pages each; a busy machine takes its time
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_page_is_readable_reachable_and_clean(chromium, gallery, look):
    folder = ARTEFACTS / str(look)
    folder.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(viewport={"width": look.width, "height": 860}, color_scheme=look.theme)
    if look.width <= 390:
        context.add_init_script(path=AXE_FILE_PATH)  # given once, not half a megabyte for each page
    context.add_cookies([{"name": "idp_display", "value": look.cookie, "url": gallery}])
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "console", lambda said: problems.append(f"console: {said.text}") if said.type in {"error", "warning"} else None
    )
    for name in names() if look == LOOKS[0] else [name for name in names() if name not in SAME_SHAPE]:
        answer = page.goto(f"{gallery}/page/{name}")
        assert answer is not None
        assert answer.status == 200, name
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{name}: {over} px too wide")
        problems += [
            f"{name}: too small to touch: {one}" for one in page.evaluate(TOO_SMALL, 60 if look.is_elder else 44)
        ]
        if look.width > 390:
            continue  # what axe looks at is the same markup in the same colours
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        problems += [
            f"{name}: axe {one['id']} ({one['impact']}): {one['nodes'][0]['target']}" for one in found["violations"]
        ]
    context.close()
    assert problems == []


def test_a_page_with_all_it_loads_stays_light():
    client = create_app().test_client()
    static = sum(path.stat().st_size for path in (Path(create_app().static_folder or "")).rglob("*") if path.is_file())
    heaviest = max(len(client.get(f"/page/{name}").data) for name in names())

    assert static + heaviest <= MOST_BYTES


@pytest.mark.parametrize("name", names())
def test_a_page_has_nothing_inline_and_protects_its_forms(whole_gallery, name):
    html = whole_gallery.test_client().get(f"/page/{name}").get_data(as_text=True)

    assert "<style" not in html
    assert " style=" not in html
    assert "javascript:" not in html
    assert " onclick=" not in html
    assert "<script>" not in html
    assert html.count('method="post"') == html.count('name="csrf_token"')


def test_elder_mode_and_language_follow_the_cookie_and_the_browser():
    client = create_app().test_client()

    assert 'lang="zh-CN"' in client.get("/page/help", headers={"Accept-Language": "fr, zh-Hant-TW;q=0.9"}).text
    assert 'lang="en"' in client.get("/page/help", headers={"Accept-Language": "en-GB,zh;q=0.5"}).text
    assert 'lang="zh-CN"' in client.get("/page/help", headers={"Accept-Language": "fr"}).text
    client.set_cookie("idp_display", "en.elder.dark.")
    shown = client.get("/page/help", headers={"Accept-Language": "zh"}).text
    assert '<html lang="en" class="elder" data-theme="dark">' in shown


def test_samples_cover_every_template():
    app = create_app()
    with app.test_request_context():
        shown = {template for template, _ in samples().values()}
    parts = {
        "layout.html", "components.html", "sign_in_tabs.html", "agreement_tick.html", "account/layout.html",
        "organisation_parts.html", "other_doors.html", "review_parts.html", "verify_parts.html",
    }  # fmt: skip

    # One sends itself on at once (test_form_post looks at it), the other shows nothing.
    elsewhere = {"form_post.html", "check_session.html"}

    assert set(app.jinja_env.list_templates(extensions=["html"])) == shown | parts | elsewhere
