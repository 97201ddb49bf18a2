"""Imports point down, and separate programs meet over HTTP."""

import pytest

from tests.architecture import layers
from tests.architecture.source import ROOT, assert_kept, breaks, modules


def test_imports_inside_the_service_point_down():
    assert_kept(layers.imports_point_down, "idp")


def test_every_room_that_has_a_floor_exists():
    known = {module.name for module in modules("idp")}
    assert [room for floor in layers.FLOORS for room in floor if room not in known] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("idp/core/x.py", "from idp.db import engine"),
        ("idp/core/x.py", "from idp import config"),
        ("idp/store/x.py", "import idp.db.engine"),
        ("idp/audit/x.py", "def later():\n    from idp.outbox import worker"),
        ("idp/authn/x.py", "from idp.realname import levels"),
        ("idp/realname/adapters/x.py", "from idp.oidc.levels import order"),
        ("idp/oidc/x.py", "from idp.oidc import endpoints"),
        ("idp/oidc/x.py", "from idp.edge.browser import account"),
        ("idp/web/x.py", "from idp.admin import views"),
        ("idp/web/x.py", "from idp.oidc.endpoints.authorize import bp"),
        ("idp/edge/x.py", "from idp.app import create_app"),
        ("idp/attic/x.py", "import json"),
    ],
)
def test_a_step_upward_or_sideways_is_seen(path, text):
    assert breaks(layers.imports_point_down, path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("idp/db/x.py", "from idp.core import clock"),
        ("idp/oidc/x.py", "from idp.authn import sessions\nfrom idp.oidc import keys"),
        ("idp/oidc/endpoints/x.py", "from idp.edge import browser\nfrom idp.oidc import tokens"),
        ("idp/app.py", "from idp import web, admin, cli, checks, config"),
    ],
)
def test_a_step_down_is_fine(path, text):
    assert not breaks(layers.imports_point_down, path, text)


def test_the_service_knows_no_other_program():
    assert_kept(layers.service_stands_alone, "idp")
    assert breaks(layers.service_stands_alone, "idp/web/x.py", "from sandbox import people")


def test_sites_and_sandbox_speak_http_only():
    assert_kept(layers.speaks_http_only, *layers.SEPARATE)
    assert breaks(layers.speaks_http_only, "clients/portal/x.py", "from idp.core import ids")
    assert breaks(layers.speaks_http_only, "sandbox/x.py", "import clients.kit.site")
    assert not breaks(layers.speaks_http_only, "sandbox/x.py", "import sandbox.people")


def test_a_site_knows_the_kit_and_itself():
    assert_kept(layers.sites_know_only_the_kit, "clients")
    assert breaks(layers.sites_know_only_the_kit, "clients/portal/x.py", "from clients.credit import app")
    assert breaks(layers.sites_know_only_the_kit, "clients/kit/x.py", "from clients.portal import app")
    assert not breaks(layers.sites_know_only_the_kit, "clients/portal/x.py", "from clients.kit import site")


def test_run_py_needs_nothing_installed():
    assert_kept(layers.standard_library_only, "launcher")
    assert not breaks(layers.standard_library_only, "run.py", (ROOT / "run.py").read_text(encoding="utf-8"))
    assert breaks(layers.standard_library_only, "launcher/x.py", "import requests")


def test_imports_are_written_in_full():
    assert_kept(layers.no_relative_imports, "idp", "clients", "sandbox", "demo", "launcher")
    assert breaks(layers.no_relative_imports, "idp/core/x.py", "from . import clock")
