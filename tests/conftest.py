"""Rules every test lives under: the network ends at loopback, logs hold nobody's data, and on CI a skip is a failure."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from idp.core import logging
from tests import log_watch
from tests.services import lighter, once

pytest_plugins = ["tests.services.fixtures"]

_skipped = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = []
    lighter.lighten()
    if not hasattr(config, "workerinput"):
        once.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and once.FOLDER in os.environ:
        once.end_run()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and _is_ci():
        report.outcome = "failed"
        report.longrepr = f"skipped on CI, where nothing may be: {report.longrepr}"


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped and _is_ci():
        report.outcome = "failed"


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


class NetworkIsClosed(OSError):
    """A test tried to leave the machine."""


def _may_reach(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0]).partition("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


@pytest.fixture(autouse=True)
def log_that_is_open() -> None:
    """A test before this one may have put a log back whose file is closed by now: then standard error takes its place."""
    held = getattr(structlog.get_config()["logger_factory"], "_file", None)
    if getattr(held, "closed", False):
        logging.configure(None)


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Connections go to loopback only; other names do not resolve."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if not _may_reach(address):
            raise NetworkIsClosed(f"tests may not connect to {address!r}")
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if not _may_reach(address):
            raise NetworkIsClosed(f"tests may not connect to {address!r}")
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in {None, "", "localhost"}:
            try:
                ipaddress.ip_address(name.partition("%")[0])
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, f"no names are resolved in tests: {name}") from None
        return getaddrinfo(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def personal_log_lines() -> Iterator[list[str]]:
    """The log lines with personal data that this session has caused so far."""
    with log_watch.watching() as seen:
        yield seen


@pytest.fixture(autouse=True)
def logs_hold_no_personal_data(personal_log_lines: list[str]) -> Iterator[None]:
    """A log line with a person's name, number or phone fails the test that caused it."""
    before = len(personal_log_lines)
    yield
    assert personal_log_lines[before:] == [], "the log holds personal data"
