"""The running demo and people with browsers, for the journeys."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser import running_demo
from tests.browser.at_console import Installation
from tests.browser.running_demo import Demo
from tests.browser.visitor import Visitor
from tests.flows.centre import Centre, close_logs, open_centre

ARTEFACTS = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts")) / "journeys"
SIZES = {"phone": (390, 844), "desk": (1440, 900)}
Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def demo_of_run() -> Demo:
    return running_demo.demo()


@pytest.fixture
def alone() -> None:
    """Asked for by a test that stops, kills or disturbs a part of the demo: no other test uses it meanwhile."""


@pytest.fixture
def demo(request: pytest.FixtureRequest, demo_of_run: Demo) -> Iterator[Demo]:
    """The running demo, while nobody disturbs it."""
    with demo_of_run.to_oneself(alone="alone" in request.fixturenames):
        yield demo_of_run


@pytest.fixture
def arrivals(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Visit]:
    """A maker of visitors to a place; at the end none of them may have met a page with a fault."""
    folder = ARTEFACTS / re.sub(r"\W+", "-", request.node.name).strip("-")
    visitors: list[Visitor] = []

    def arrive(
        at: Demo | Installation, size: str = "desk", *, script: bool = True, language: str = "zh-CN",
        agent: str | None = None, trusting: bool = False,
    ) -> Visitor:  # fmt: skip
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, locale=language, user_agent=agent,
            ignore_https_errors=trusting,
        )  # fmt: skip
        place = folder / f"visitor-{len(visitors) + 1}" if visitors else folder
        place.mkdir(parents=True, exist_ok=True)
        visitors.append(Visitor(at, context, place, has_script=script))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture
def visit(demo: Demo, arrivals: Visit) -> Visit:
    """The same, all at the demo."""
    return partial(arrivals, demo)


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """One person at a desk, with scripts."""
    return visit()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A service inside this process, for journeys whose sites the test plays itself."""
    folder = tmp_path_factory.mktemp("centre")
    with open_centre(f"sqlite:///{folder / 'idp.sqlite3'}", "", log_file=folder / "idp.jsonl") as made:
        yield made
    close_logs()


@pytest.fixture(params=["script", "no-script"])
def context(request: pytest.FixtureRequest, chromium: Browser, centre: Centre) -> Iterator[BrowserContext]:
    """A phone's browser at that service, with scripts and without."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, base_url=centre.issuer, locale="zh-CN",
        java_script_enabled=request.param == "script",
    )  # fmt: skip
    yield context
    context.close()
