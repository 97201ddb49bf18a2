"""Makes and fills an installation through the service's own rooms: keys, a site, accounts, live sessions."""

import base64
import os
from dataclasses import dataclass, field, replace
from datetime import timedelta

import flask

from idp import models
from idp.accounts.accounts import Accounts
from idp.audit import chain
from idp.audit.trail import Actor, Trail
from idp.authn.sessions import Lifetimes, Sessions
from idp.core import clock, crypto, ids, passwords
from idp.core.crypto import Keyring, Suite
from idp.db import keyring as data_keys
from idp.db.base import extension
from idp.db.engine import open_database
from idp.db.unit_of_work import Database
from idp.oidc import subjects
from idp.oidc.jwt import keys
from idp.oidc.registration import clients
from idp.oidc.registration.clients import ClientRegistry
from idp.outbox.outbox import Outbox
from idp.policies.built_in import CURRENT

SITE = "http://localhost:9"  # nobody listens there, and nobody is sent there
REDIRECT = f"{SITE}/callback"
SCOPE = "openid profile offline_access"
assert models.ALL  # every table is known
_ADMINISTRATOR = Actor("system")


@dataclass(frozen=True)
class Person:
    """Somebody to sign in, and the Cookie header of a browser that is signed in already."""

    phone: str
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class Filled:
    """What the load program needs to know of an installation."""

    client_id: str
    client_secret: str = field(repr=False)
    people: tuple[Person, ...]
    password: str = field(repr=False)
    master_key: str = field(default="", repr=False)
    lasting_scope: str = SCOPE


def new_master_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def fill(url: str, master_key: str, *, accounts: int, sessions: int) -> Filled:
    """Tables, keys, one ES256 site, `accounts` people of whom `sessions` are signed in and known to the site."""
    app = flask.Flask("fill")
    database = open_database(app, url, pool=2)
    try:
        with app.app_context():
            extension.create_all()
        return replace(_fill(database, _keyring(database, master_key), accounts, sessions), master_key=master_key)
    finally:
        database.engine.dispose()


def _keyring(database: Database, master_key: str) -> Keyring:
    master = crypto.master_key(base64.urlsafe_b64decode(master_key + "="))
    with database.transaction() as db:
        data_keys.complete(db, master, Suite.INTERNATIONAL)
    with database.view() as db:
        return data_keys.load(db, master)


def _fill(database: Database, keyring: Keyring, accounts: int, sessions: int) -> Filled:
    trail = Trail(keyring)
    with database.transaction() as db:
        chain.ensure_key(db, keyring)
        keys.ensure(db, keyring, trail)
        client_id, secret = clients.register(
            db, trail, _METADATA, keyring=keyring, release_basis=clients.STATUTORY_DUTY, actor=_ADMINISTRATOR
        )
    password = ids.new_secret()
    password_hash = passwords.hash_password(password)
    client = ClientRegistry(database).find(client_id)
    assert client is not None
    assert secret is not None
    registered, signed_in = Accounts(keyring, trail), []
    centre = Sessions(trail, Outbox(keyring), lambda: Lifetimes(timedelta(hours=1), timedelta(hours=8)))
    with database.transaction() as db:
        for number in range(accounts):
            phone = f"1990{number:07d}"
            account_id = registered.register(
                db, phone=phone, username=f"bench{number:07d}", password_hash=password_hash,
                agreements=CURRENT, locale="zh_CN", channel="bench",
            )  # fmt: skip
            if number < sessions:
                started = centre.start(
                    db, account_id, aal=1, amr=("pwd",), device=ids.new_secret(), browser="bench", address="127.0.0.1"
                )
                db.flush()
                subject = subjects.subject_of(keyring, client, account_id, known_as=None)
                centre.note_site(
                    db, session_id=started.session_id, client_id=client_id, subject=subject, now=clock.now()
                )
                signed_in.append(Person(phone, f"idp_session={started.secret}"))
    return Filled(client_id, secret, tuple(signed_in), password)


_METADATA = {
    "client_name": "bench",
    "client_uri": f"{SITE}/",
    "initiate_login_uri": f"{SITE}/sign-in",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    "scope": SCOPE,
    "id_token_signed_response_alg": "ES256",
}
