"""`python -m bench populate`: fills a PostgreSQL database with a synthetic province: people, sites, and years of acts.

Values that the service must open are sealed by its own keys; all else is made in SQL, each row a copy of a real one with
members of its own, so that a column added later is filled as the service fills it.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import flask
import psycopg
from sqlalchemy.orm import Session

from bench import desks, history, synthetic
from bench.installation import _keyring as keyring_of
from bench.synthetic import Calendar
from idp.accounts.accounts import Accounts
from idp.accounts.models import Account, Identifier
from idp.audit import chain
from idp.audit.trail import SYSTEM, Trail
from idp.authn.models import SessionSite, SsoSession
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db import migrations
from idp.db.engine import open_database
from idp.db.unit_of_work import Database
from idp.mandates.models import Organisation
from idp.oidc.jwt import keys
from idp.oidc.models import Consent
from idp.oidc.registration import clients
from idp.realname.models import Evidence, Person
from idp.staff import operators
from idp.staff.models import Role

MASTER_KEY = ids.base64url(bytes(range(32)))  # of an installation in which nobody is real
CLIENTS = 500
OPERATORS = 40
_BASE = 2_000  # organisations


def run(asked: argparse.Namespace) -> str:
    """Make the schema and fill it; answers how long that took."""
    began = time.monotonic()
    app = flask.Flask("populate")
    database = open_database(app, asked.database, pool=2)
    try:
        migrations.attach(app)
        migrations.upgrade(app)
        keyring = keyring_of(database, MASTER_KEY)
        calendar = Calendar(datetime.now(UTC), asked.accounts)
        _first_of_each(database, keyring)
        with psycopg.connect(_libpq(asked.database), autocommit=True) as db:
            db.execute("SET synchronous_commit = off; SET statement_timeout = 0; SET maintenance_work_mem = '1GB'")
            _people(db, keyring, calendar)
            _around(db, calendar)
            last = history.acts(db, calendar, clients=CLIENTS, rows=asked.audit, say=_say)
            history.days(db, calendar.now, clients=CLIENTS, regions=synthetic.REGIONS)
            db.execute("DROP TABLE bench_people")
            _say("desks")
            desks.fill(db, keyring, sites=CLIENTS)
            _say("vacuum")
            db.execute("VACUUM ANALYZE")
        with database.transaction() as session:
            history.head(session, keyring, last)
    finally:
        database.engine.dispose()
    return f"{asked.accounts} accounts and {asked.audit} audit rows in {time.monotonic() - began:.0f} s; master key {MASTER_KEY}"


def _first_of_each(database: Database, keyring: Keyring) -> None:
    """One row of every table, made by the rooms or as they would make it."""
    trail = Trail(keyring)
    with database.transaction() as db:
        chain.ensure_key(db, keyring)
        keys.ensure(db, keyring, trail)
        for number in range(OPERATORS):
            operators.add(db, keyring, trail, login=f"bench.{number:02d}", role=list(Role)[number % 5], actor=SYSTEM)
        client_id, _ = clients.register(
            db, trail, _METADATA, keyring=keyring, release_basis=clients.CONSENT, actor=SYSTEM
        )
        account_id = Accounts(keyring, trail).register(
            db, phone="19999999999", username=None, password_hash=None, agreements={}, locale="zh_CN", channel="bench"
        )
        _rows_of(db, keyring, account_id, client_id)


def _rows_of(db: Session, keyring: Keyring, account_id: str, client_id: str) -> None:
    now, session_id = clock.now(), ids.new_id()
    number = synthetic.resident_number(0)
    index = keyring.blind_index("resident_id", number)
    db.add(
        Person(
            account_id=account_id, document_kind="resident_id", document_country=None, document_index=index,
            document_sealed=keyring.seal(number, bound_to=f"persons.document:{account_id}"),
            name_sealed=keyring.seal(synthetic.name(0), bound_to=f"persons.name:{account_id}"), proven_at=now,
        )
    )  # fmt: skip
    db.add(
        Evidence(
            id=ids.new_id(), account_id=account_id, client_id=None, source="registry", channel="gateway",
            verdict="verified", document_index=index, ial=1, at=now, expires_at=now + timedelta(days=730),
        )
    )  # fmt: skip
    db.add(
        SsoSession(
            id=session_id, secret_digest=ids.digest("first"), account_id=account_id, device_digest=ids.digest("device"),
            aal=1, amr=["pwd"], auth_time=now, created_at=now, seen_at=now, expires_at=now + timedelta(hours=8),
            browser="Chrome", address="198.51.100.0",
        )
    )  # fmt: skip
    db.flush()
    db.add(SessionSite(sid=ids.new_id(), session_id=session_id, client_id=client_id, subject="first", first_at=now))
    db.add(
        Consent(
            id=ids.new_id(), account_id=account_id, client_id=client_id, scope=["openid", "profile"], basis="consent",
            given_at=now, last_release_at=now,
        )
    )  # fmt: skip
    organisation_id = ids.new_id()
    db.add(
        Organisation(
            id=organisation_id, uscc="11370199000000001X", name="测试局", kind="government", state="active",
            legal_representative_sealed=keyring.seal("测试甲", bound_to=f"organisations.representative:{organisation_id}"),
            legal_representative_index=keyring.blind_index("name", "测试甲"), source="register", created_at=now,
            checked_at=now, recheck_at=now + timedelta(days=365), region="370199",
        )
    )  # fmt: skip


def _people(db: "psycopg.Connection[tuple[object, ...]]", keyring: Keyring, calendar: Calendar) -> None:
    _say("people")
    db.execute("DROP TABLE IF EXISTS bench_people")
    db.execute(synthetic.STAGING)
    with db.cursor() as cursor, cursor.copy(synthetic.COPY) as copy:
        for row in synthetic.rows(keyring, calendar):
            copy.write_row(row)
    db.execute("ANALYZE bench_people")
    of_state = "CASE WHEN n % 997 = 0 THEN 'frozen' WHEN n % 499 = 0 THEN 'closed' ELSE 'active' END"
    seen = "CASE WHEN n % 3 = 0 THEN at ELSE now() - (n % 400) * interval '1 day' END"
    spread(db, Account.__tablename__, "bench_people",
           {"id": "id", "state": of_state, "created_at": "at", "updated_at": "at", "region": "region",
            "last_sign_in_at": seen, "listed_ial": "CASE WHEN n % 5 <> 0 THEN 1 + n % 3 ELSE 0 END",
            "listed_until": "CASE WHEN n % 5 <> 0 THEN at + interval '4 years' END"})  # fmt: skip
    spread(db, Identifier.__tablename__, "bench_people",
           {"id": "identifier_id", "account_id": "id", "value_index": "phone_index", "value_sealed": "phone_sealed",
            "created_at": "at", "verified_at": "at"})  # fmt: skip
    proven = "bench_people WHERE n % 5 <> 0"
    spread(db, Person.__tablename__, proven,
           {"account_id": "id", "document_index": "document_index", "document_sealed": "document_sealed",
            "name_sealed": "name_sealed", "name_index": "name_index", "proven_at": "at"})  # fmt: skip
    spread(db, Evidence.__tablename__, proven,
           {"id": "'e' || right(id, 31)", "account_id": "id", "document_index": "document_index",
            "source": "(ARRAY['registry','alipay','wechat','counter'])[1 + n % 4]", "ial": "1 + n % 3", "at": "at",
            "expires_at": "at + interval '4 years'"})  # fmt: skip
    spread(db, Evidence.__tablename__, "bench_people WHERE n % 7 = 0",
           {"id": "'f' || right(id, 31)", "account_id": "id", "document_index": "document_index", "ial": "0",
            "verdict": "(ARRAY['refuted','unavailable','abandoned'])[1 + n % 3]", "reason": "'name_differs'", "at": "at",
            "expires_at": "NULL::timestamptz"})  # fmt: skip


def _around(db: "psycopg.Connection[tuple[object, ...]]", calendar: Calendar) -> None:
    """Sites, organisations, sessions and consents."""
    _say("sites, organisations, sessions, consents")
    region = f"(ARRAY[{', '.join(repr(code) for code in synthetic.REGIONS)}])[1 + (n * 7 % {len(synthetic.REGIONS)})]"
    named = "jsonb_set(one.metadata::jsonb, '{client_name}', to_jsonb('测试应用 ' || n))::json"
    spread(db, "organisations", f"generate_series(1, {_BASE}) AS n",
           {"id": "md5('o' || n)", "uscc": "'11370199' || lpad(n::text, 9, '0') || '0'", "name": "'测试单位 ' || n",
            "region": region})  # fmt: skip
    spread(db, "clients", f"generate_series(1, {CLIENTS}) AS n",
           {"client_id": "'site' || lpad(n::text, 4, '0')", "region": region, "metadata": named,
            "organisation_id": "md5('o' || n)"})  # fmt: skip
    _one_in = {"sessions": 5, "consents": 2}
    created = "now() - (n % 700) * interval '1 minute'"
    spread(db, "sso_sessions", f"bench_people WHERE n % {_one_in['sessions']} = 0",
           {"id": "md5('s' || n)", "account_id": "id", "secret_digest": history.digest("n"), "created_at": created,
            "seen_at": created, "auth_time": created, "expires_at": "now() + (n % 8) * interval '1 hour'"})  # fmt: skip
    for nth in range(2):
        site = (
            f"'site' || lpad((1 + ({CLIENTS - 1} * power((n * 7919 % 1009) / 1009.0, 3))::int + {nth})::text, 4, '0')"
        )
        fits = f"(1 + ({CLIENTS - 1} * power((n * 7919 % 1009) / 1009.0, 3))::int + {nth}) <= {CLIENTS}"
        spread(db, "sso_session_sites", f"bench_people WHERE n % {_one_in['sessions']} = 0 AND {fits}",
               {"sid": f"md5('t{nth}' || n)", "session_id": "md5('s' || n)", "client_id": site,
                "subject": f"md5('u{nth}' || n)"})  # fmt: skip
        spread(db, "consents", f"bench_people WHERE n % {_one_in['consents']} = 0 AND {fits}",
               {"id": f"md5('c{nth}' || n)", "account_id": "id", "client_id": site, "given_at": "at",
                "last_release_at": "at"})  # fmt: skip


def spread(db: "psycopg.Connection[tuple[object, ...]]", table: str, source: str, changed: Mapping[str, str]) -> None:
    """A copy of the table's first row for every row of `source`, with these columns as SQL over the row."""
    found = db.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " AND is_generated = 'NEVER'",
        (table,),
    ).fetchall()
    columns = [str(each) for (each,) in found]
    if missing := set(changed) - set(columns):
        raise LookupError(f"{table} has no {sorted(missing)}")
    values = ", ".join(f"src.{column}" if column in changed else f'one."{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    given = ", ".join(f"{expression} AS {column}" for column, expression in changed.items())
    db.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM (SELECT * FROM {table} LIMIT 1) AS one,"
        f" LATERAL (SELECT {given} FROM {source}) AS src".encode()
    )


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


_METADATA = {
    "client_name": "测试应用",
    "client_uri": "https://site.example.gov.cn/",
    "initiate_login_uri": "https://site.example.gov.cn/sign-in",
    "redirect_uris": ["https://site.example.gov.cn/callback"],
    "grant_types": ["authorization_code"],
    "scope": "openid profile",
}
