"""Each danger is reached through its one door."""

import pytest

from tests.architecture import doors
from tests.architecture.source import assert_kept, breaks, modules, within


@pytest.mark.parametrize("door", doors.DOORS, ids=lambda door: door.danger)
def test_there_is_no_second_door(door):
    assert_kept(door, "idp")


@pytest.mark.parametrize(
    ("door", "text"),
    [
        (doors.TIME, "import time\nnow = time.time()"),
        (doors.TIME, "from time import monotonic"),
        (doors.TIME, "from datetime import datetime as d\nx = d.now()"),
        (doors.TIME, "import datetime\nx = datetime.datetime.utcnow()"),
        (doors.CHANCE, "import secrets"),
        (doors.CHANCE, "from os import urandom"),
        (doors.CHANCE, "def f():\n    import hashlib as h\n    return h.md5()"),
        (doors.CIPHERS, "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"),
        (doors.ENVIRONMENT, "import os\nx = os.environ['A']"),
        (doors.ENVIRONMENT, "import os as o\nx = o.getenv('A')"),
        (doors.OUTBOUND, "import requests"),
        (doors.OUTBOUND, "from urllib import request"),
        (doors.REDIS, "from redis.client import Redis"),
        (doors.AUTHLIB, "import authlib.oauth2"),
        (doors.JOSE, "from joserfc import jwt"),
        (doors.FLASK_CONTEXT, "from flask import request"),
        (doors.FLASK_CONTEXT, "import flask\nx = flask.session"),
    ],
)
def test_a_second_door_is_seen(door, text):
    assert breaks(door, "idp/accounts/x.py", text)
    assert not breaks(door, door.modules[0].replace(".", "/") + ".py", text)


def used_in(package: str) -> set[str]:
    return {used for module in modules("idp") if within(module.name, package) for _, used in module.uses()}


@pytest.mark.parametrize("door", doors.DOORS, ids=lambda door: door.danger)
def test_whoever_may_pass_a_door_does(door):
    for package in door.modules:
        assert any(within(used, name) for used in used_in(package) for name in door.names), package


@pytest.mark.parametrize(
    ("door", "libraries"),
    [
        (doors.OUTBOUND, {"requests", "urllib3", "AntiSSRF"}),
        (doors.REDIS, {"redis", "fakeredis"}),
        (doors.AUTHLIB, {"authlib"}),
        (doors.JOSE, {"joserfc"}),
        (doors.CIPHERS, {"cryptography", "argon2"}),
    ],
    ids=lambda given: getattr(given, "danger", ""),
)
def test_a_door_knows_its_libraries_by_the_names_they_are_imported_by(door, libraries):
    used = set().union(*(used_in(package) for package in door.modules))
    assert libraries == {name for name in door.names if name in libraries and any(within(u, name) for u in used)}
    for library in libraries:
        assert breaks(door, "idp/accounts/x.py", f"import {library}")


def test_harmless_names_of_the_same_libraries_pass():
    text = "from datetime import UTC, datetime\nfrom urllib.parse import urlsplit\nimport os\nx = os.path.join('a')"
    assert not any(breaks(door, "idp/accounts/x.py", text) for door in doors.DOORS)


def test_transactions_end_in_one_place():
    assert_kept(doors.commits_in_one_place, "idp")
    assert breaks(doors.commits_in_one_place, "idp/accounts/x.py", "def f(db):\n    db.commit()")
    assert breaks(doors.commits_in_one_place, "idp/oidc/endpoints/x.py", "with engine.begin() as c:\n    pass")
    assert not breaks(doors.commits_in_one_place, "idp/db/unit_of_work.py", "db.commit()")
