"""The whole service in one process, with a scripted registry, and visitors who read pages as a browser would."""

from __future__ import annotations

import base64
import html
import itertools
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
import pytest
from sqlalchemy import select

from idp import app as composition
from idp.audit.trail import SYSTEM
from idp.config import Settings, master_key_material
from idp.core import clock, crypto, ids
from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.db import keyring as data_keys
from idp.db.base import Base
from idp.db.engine import open_database
from idp.edge.services import Services
from idp.oidc.jwt import keys
from idp.oidc.registration import clients
from idp.outbox.models import OutboxMessage
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Outcome,
    Source,
    SubjectKind,
    Unavailable,
    Verified,
)
from idp.realname.sources import Sources
from tests.web.scripted_business import ScriptedBusiness

ISSUER = "http://localhost:8123"
PASSWORD = "grün-Lampe-71-schirm"
VERIFIER = "v" * 43
CHALLENGE = ids.digest(VERIFIER)  # the digest is base64url SHA-256, as S256 is
_numbers = itertools.count(1)


class ScriptedRegistry:
    """A population registry that answers what the test wrote down."""

    source = "population"
    channel = "scripted"
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def __init__(self) -> None:
        self.answer: Outcome = Verified(self.capability.attests)
        self.asked: list[Applicant] = []

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        self.asked.append(applicant)
        return self.answer

    def is_down(self) -> None:
        self.answer = Unavailable("scripted")


@dataclass
class Centre:
    app: flask.Flask
    services: Services
    registry: ScriptedRegistry
    business: ScriptedBusiness
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def visitor(self, **headers: str) -> Visitor:
        return Visitor(self, headers)

    def last_sms(self, to: str) -> str:
        """The newest text to a phone, read from the outbox."""
        with self.services.database.view() as db:
            rows = db.scalars(
                select(OutboxMessage).where(OutboxMessage.kind == "sms").order_by(OutboxMessage.id.desc())
            )
            for row in rows:
                sealed = self.services.keyring.open(row.payload_sealed, bound_to=f"outbox_messages.payload:{row.id}")
                if to in sealed:
                    return sealed
        raise LookupError(to)

    def code_for(self, phone: str) -> str:
        found = re.search(r"(?<!\d)\d{6}(?!\d)", self.last_sms(phone).replace(phone, ""))
        assert found is not None
        return found[0]

    def person(self, *, username: str | None = None, password: str | None = PASSWORD) -> tuple[str, str]:
        """An account: id and phone."""
        from idp.core import passwords
        from idp.policies.built_in import CURRENT

        phone = new_phone()
        hashed = passwords.hash_password(password) if password else None
        with self.services.database.quick() as db:
            account_id = self.services.accounts.register(
                db,
                phone=phone,
                username=username,
                password_hash=hashed,
                agreements=CURRENT,
                locale="zh_CN",
                channel="test",
            )
        return account_id, phone


class Page:
    """An answer, and what a person could do with it."""

    def __init__(self, answer: Any) -> None:
        self.status: int = answer.status_code
        self.location: str | None = answer.headers.get("Location")
        self.headers = answer.headers
        self.html: str = answer.get_data(as_text=True)
        self.text = html.unescape(re.sub(r"<[^>]+>", " ", self.html))
        self.path: str = answer.request.full_path.rstrip("?")

    def form(self, index: int = 0) -> tuple[str, dict[str, str]]:
        """The action and the fields of the posting form, as a browser would send it untouched."""
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', self.html, re.DOTALL)
        action, inner = forms[index]
        fields: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*>", inner):
            name = re.search(r'name="([^"]+)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            if name and 'type="checkbox"' not in tag and ('type="radio"' not in tag or " checked" in tag):
                fields[name[1]] = html.unescape(value[1]) if value else ""
        return html.unescape(action), fields


class Visitor:
    """One browser: it keeps cookies and follows redirects inside the centre, never out of it."""

    def __init__(self, centre: Centre, headers: dict[str, str]) -> None:
        self.centre = centre
        self.client = centre.app.test_client()
        self.headers = {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/131.0", **headers}
        self.page: Page

    def get(self, path: str) -> Page:
        return self._follow(self.client.get(path, base_url=ISSUER, headers=self.headers))

    def post(self, path: str, fields: dict[str, str]) -> Page:
        return self._follow(self.client.post(path, data=fields, base_url=ISSUER, headers=self.headers))

    def submit(self, action: str = "continue", form: int = 0, **typed: str) -> Page:
        """Fill in the form of the page in hand and press a button."""
        path, fields = self.page.form(form)
        return self.post(path, {**fields, **typed, "action": action})

    def authorize(self, client_id: str = "portal", **more: str) -> Page:
        asked = {
            "response_type": "code", "client_id": client_id, "redirect_uri": f"http://localhost:9/{client_id}/callback",
            "scope": "openid profile", "state": "s1", "nonce": "n1", "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }  # fmt: skip
        return self.get("/authorize?" + urlencode({**asked, **more}))

    def sign_in(self, phone: str, password: str = PASSWORD) -> Page:
        self.get("/sign-in")
        return self.submit(identifier=phone, password=password)

    @property
    def arrived(self) -> dict[str, str]:
        """What the site was answered, when the browser was sent out to its redirect URI."""
        assert self.page.location is not None, self.page.text
        parts = urlsplit(self.page.location)
        assert parts.netloc == "localhost:9", self.page.location
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _follow(self, answer: Any) -> Page:
        for _ in range(10):
            where = answer.headers.get("Location")
            if where is None or (where.startswith("http") and not where.startswith(ISSUER)):
                break
            answer = self.client.get(where, base_url=ISSUER, headers=self.headers)
        self.page = Page(answer)
        return self.page


def new_phone() -> str:
    return f"1990000{next(_numbers):04d}"


@pytest.fixture(scope="module")
def more_sources() -> tuple[Source, ...]:
    """What is configured beside the registry; modules override it."""
    return ()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, more_sources: tuple[Source, ...]) -> Iterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("centre")
    settings = Settings(
        issuer=ISSUER,
        database_url=f"sqlite:///{folder / 'idp.sqlite3'}",
        master_key=Secret(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")),
        outbound_allow=("127.0.0.0/8",),
    )
    bare = flask.Flask("bare")
    database = open_database(bare, settings.database_url, pool=2)
    Base.metadata.create_all(database.engine)
    master = crypto.master_key(master_key_material(settings), settings.crypto_suite)
    with database.transaction() as db:
        data_keys.complete(db, master, settings.crypto_suite)
    database.engine.dispose()
    registry = ScriptedRegistry()
    business = ScriptedBusiness()
    known = (
        Source(registry.source, "人口库", check=registry),
        Source(business.source, "工商登记", register=business, licence=business),
        *more_sources,
    )
    app = composition.create_app(settings, Sources(known))
    everything: Services = app.extensions["idp"]
    made = Centre(app, everything, registry, business)
    with everything.database.transaction() as db:
        keys.ensure(db, everything.keyring, everything.trail)
        for name, basis, scope in (
            ("portal", clients.STATUTORY_DUTY, "openid profile"),
            ("hall", clients.STATUTORY_DUTY, "openid profile realname phone"),
            ("credit", clients.CONSENT, "openid profile realname"),
        ):
            _, secret = clients.register(
                db,
                everything.trail,
                _metadata(name, scope),
                keyring=everything.keyring,
                release_basis=basis,
                actor=SYSTEM,
                client_id=name,
            )
            made.secrets[name] = secret or ""
    yield made
    everything.database.engine.dispose()


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    yield
    clock.travel_home()


def _metadata(name: str, scope: str) -> dict[str, Any]:
    home = f"http://localhost:9/{name}"
    return {
        "client_name": f"样例站点{name}",
        "client_name#en": f"Sample site {name}",
        "client_uri": home,
        "initiate_login_uri": f"{home}/sign-in",
        "redirect_uris": [f"{home}/callback"],
        "post_logout_redirect_uris": [f"{home}/signed-out"],
        "id_token_signed_response_alg": "ES256",
        "scope": scope,
        "purposes": {"realname": "查找您本人的记录"},
    }
