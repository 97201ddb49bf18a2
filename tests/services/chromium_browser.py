"""Chromium through Playwright: the system's, or Playwright's own, with every way to the outside closed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from launcher import machine

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser for the length of a `with`; skips when there is none to be had."""
    with sync_playwright() as playwright:
        program = _program(playwright)
        arguments = [*QUIET, *(["--no-sandbox"] if machine.is_root() else [])]
        running = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield running
        finally:
            running.close()


def _program(playwright: Playwright) -> Path:
    if given := os.environ.get("TEST_CHROMIUM"):
        return Path(given)
    found = machine.find_chromium() or Path(playwright.chromium.executable_path)
    if not found.exists():
        pytest.skip("chromium: not on this machine, and Playwright has not downloaded its own")
    return found
