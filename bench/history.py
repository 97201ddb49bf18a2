"""A year of acts and the days counted from them, made in SQL: an audit trail that looks sealed, and its statistics."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
from sqlalchemy.orm import Session

from bench.synthetic import SQL_IDENTIFIER, Calendar
from idp.audit import chain
from idp.audit.models import AuditHead
from idp.core import ids
from idp.core.crypto import Keyring, Purpose

Db = "psycopg.Connection[tuple[object, ...]]"
YEAR = timedelta(days=365)
_CHUNK = 1_000_000

# Of a thousand acts, how many are which; the others of a row follow from its act.
SHARES = (
    ("sign_in.succeeded", 250, """json_build_object('method', (ARRAY['password','sms','link'])[1 + n % 3])"""),
    ("session.started", 200, """'{"amr":["pwd"]}'"""),
    ("oidc.code_issued", 250, """'{"scope":["openid","profile"],"response_type":["code"]}'"""),
    ("oidc.tokens_issued", 150, """json_build_object('authorization', md5('z' || n))"""),
    ("session.ended", 40, """json_build_object('reason', (ARRAY['signed_out','password_changed','account'])[1 + n % 3])"""),
    ("sign_in.failed", 30, """json_build_object('reason', (ARRAY['password','password','frozen'])[1 + n % 3])"""),
    ("code.sent", 20, """'{"purpose":"sign_in","is_decoy":false}'"""),
    ("code.accepted", 10, """'{"purpose":"sign_in"}'"""),
    ("consent.given", 15, """'{"scope":["openid","profile"]}'"""),
    ("consent.refused", 3, "'{}'"),
    ("identity.attempted", 8, """'{"source":"registry"}'"""),
    ("identity.proven", 6, """json_build_object('source', 'registry', 'ial', 1 + n % 3)"""),
    ("identity.not_proven", 2, """'{"source":"registry","verdict":"refuted","reason":"name_differs"}'"""),
    ("oidc.refreshed", 5, "'{}'"),
    ("logout.delivered", 3, """'{"message":"m","tries":1}'"""),
    ("logout.dead", 1, """'{"message":"m","tries":200}'"""),
    ("account.registered", 1, """'{"channel":"web","has_username":false,"has_password":false}'"""),
    ("oidc.client_refused", 1, """'{"reason":"secret"}'"""),
    ("account.viewed", 1, "'{}'"),
    ("account.frozen", 1, """'{"reason":"owner_request"}'"""),
    ("oidc.revoked", 1, """'{"token":"refresh"}'"""),
    ("audit.searched", 1, """'{"filters":["act"]}'"""),
    ("password.changed", 1, """'{"reason":"changed"}'"""),
)  # fmt: skip
OF_OPERATORS = ("account.viewed", "account.frozen", "audit.searched")
AT_SITES = (
    "oidc.code_issued", "oidc.tokens_issued", "consent.given", "consent.refused", "oidc.refreshed", "logout.delivered",
    "logout.dead", "oidc.client_refused", "oidc.revoked",
)  # fmt: skip
OF_NOBODY = ("oidc.client_refused", "audit.searched", "logout.delivered", "logout.dead", "code.sent", "code.accepted")


def digest(number: str) -> str:
    """43 characters that look like a digest of `number`, as SQL."""
    return f"md5('d' || {number}) || substr(md5('g' || {number}), 1, 11)"


def acts(db: "psycopg.Connection[tuple[object, ...]]", calendar: Calendar, *, clients: int, rows: int,
         say: Callable[[str], None]) -> int:  # fmt: skip
    """Rows of the trail over the last year, with places in the chain after those that are there; the last place."""
    indexes = db.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_entries' AND indexname LIKE 'ix%'"
    ).fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}".encode())
    db.execute("CREATE TEMP TABLE bench_operators AS SELECT id, row_number() OVER (ORDER BY id) AS k FROM operators")
    db.execute("UPDATE audit_entries SET seq = NULL, chain = NULL WHERE seq IS NOT NULL")
    first_ms = int((calendar.now - YEAR).timestamp() * 1000)
    step_us = int(YEAR.total_seconds() * 1_000_000) // rows
    for start in range(0, rows, _CHUNK):
        say(f"acts from {start}")
        db.execute(_acts(calendar, clients, first_ms, step_us, start + 1, min(rows, start + _CHUNK)).encode())
    for name, definition in indexes:
        say(f"index {name}")
        db.execute(str(definition).encode())
    return rows


def _acts(calendar: Calendar, clients: int, first_ms: int, step_us: int, first: int, last: int) -> str:
    bounds, reached = [], 0
    for act, share, _ in SHARES:
        reached += share
        bounds.append(f"WHEN p < {reached} THEN '{act}'")
    act = f"CASE {' '.join(bounds)} END"
    details = f"CASE act {' '.join(f'WHEN {name!r} THEN ({said})::json' for name, _, said in SHARES)} END"
    person = f"(1 + floor({calendar.accounts - 1} * power((n * 48271 % 1000003) / 1000003.0, 3)))::bigint"
    account = SQL_IDENTIFIER.format(ms=f"{calendar.first_ms} + person * {calendar.step_ms}", number="person")
    site = f"'site' || lpad((1 + floor({clients - 1} * power((n * 16807 % 10007) / 10007.0, 3)))::bigint::text, 4, '0')"
    return f"""
        INSERT INTO audit_entries (id, at, act, outcome, actor_kind, actor_id, account_id, client_id, session_id, trace_id,
                                   details, mac, seq, chain)
        SELECT id, to_timestamp(us / 1000000.0), act,
               CASE WHEN act IN ('sign_in.failed', 'identity.not_proven', 'logout.dead', 'oidc.client_refused')
                    THEN 'failure' ELSE 'success' END,
               CASE WHEN act IN {OF_OPERATORS} THEN 'operator' WHEN account_id IS NULL THEN 'system' ELSE 'citizen' END,
               CASE WHEN act IN {OF_OPERATORS} THEN (SELECT o.id FROM bench_operators o WHERE o.k = 1 + n % 40)
                    ELSE account_id END,
               account_id, client_id,
               CASE WHEN act LIKE 'session.%' THEN md5('s' || n / 4) END,
               md5('x' || n / 3), {details}, {digest("n")}, n, {digest("-n")}
        FROM (
          SELECT n, us, act, {SQL_IDENTIFIER.format(ms="us / 1000", number="n")} AS id,
                 CASE WHEN act NOT IN {OF_NOBODY} THEN {account} END AS account_id,
                 CASE WHEN act IN {AT_SITES} THEN {site} END AS client_id
          FROM (
            SELECT n, us, person, {act} AS act
            FROM (SELECT n, n * 7919 % 1000 AS p, {first_ms}::bigint * 1000 + n * {step_us} AS us, {person} AS person
                  FROM generate_series({first}::bigint, {last}::bigint) AS n) AS numbers
          ) AS chosen
        ) AS made"""


def head(db: Session, keyring: Keyring, last: int) -> None:
    """The head of the chain stands at the last of these entries, so that sealing goes on behind it."""
    row = db.get_one(AuditHead, 1)
    row.seq, row.chain, row.checkpoint_seq = last, ids.digest(f"bench:{last}"), 0
    row.mac = chain.head_mac(keyring.current(Purpose.AUDIT), row)


# Measure, keys with their shares, how many a day in the whole, and whether it is counted by site.
_MEASURES: tuple[tuple[str, dict[str, float], int, bool], ...] = (
    ("sign_in", {"password": 0.4, "sms": 0.4, "link": 0.2}, 14_000, False),
    ("sign_in_failed", {"password": 0.7, "frozen": 0.1, "unknown": 0.2}, 1_600, False),
    ("new_account", {"web": 0.9, "demo": 0.1}, 900, False),
    ("proof", {"registry/verified": 0.5, "registry/refuted": 0.1, "alipay/verified": 0.2, "wechat/verified": 0.1,
               "wechat/unavailable": 0.1}, 500, True),
    ("level", {"1": 0.6, "2": 0.3, "3": 0.1}, 400, True),
    ("site_sign_in", {"": 1.0}, 14_000, True),
    ("site_error", {"secret": 0.6, "code_replayed": 0.4}, 60, True),
    ("consent_given", {"": 1.0}, 800, True),
    ("consent_refused", {"": 1.0}, 160, True),
    ("consent_withdrawn", {"": 1.0}, 20, True),
    ("logout", {"signed_out": 0.8, "password_changed": 0.2}, 2_200, False),
    ("delivery_failed", {"logout": 0.8, "sms": 0.2}, 30, True),
    ("operator_act", {"account": 0.8, "audit": 0.2}, 160, False),
)  # fmt: skip


def days(db: "psycopg.Connection[tuple[object, ...]]", now: datetime, *, clients: int, regions: Sequence[str]) -> None:
    """A year and some weeks of counts by every division and site, fewer the smaller the place; the mark stands at the end."""
    db.execute("CREATE TEMP TABLE bench_regions (code text, share float, sites int)")
    for code, share, sites in _divisions(regions, clients):
        db.execute("INSERT INTO bench_regions VALUES (%s, %s, %s)", (code, share, sites))
    for measure, shares, a_day, has_sites in _MEASURES:
        of_site = "power((c.k + 1)::float, -1.2) * 0.25" if has_sites else "0"
        sites = "(SELECT 0 AS k UNION ALL SELECT generate_series(1, r.sites))" if has_sites else "(SELECT 0 AS k)"
        keys = ", ".join(f"('{key}', {share})" for key, share in shares.items())
        db.execute(
            f"""
            INSERT INTO statistics_days (measure, region, client_id, day, key, count)
            SELECT '{measure}', code, client_id, day, key, times FROM (
              SELECT r.code, CASE WHEN c.k = 0 THEN '' ELSE 'site' || lpad(c.k::text, 4, '0') END AS client_id,
                     d::date AS day, key,
                     round({a_day} * r.share * key_share * (CASE WHEN c.k = 0 THEN 1 ELSE {of_site} END)
                           * (CASE WHEN extract(isodow FROM d) > 5 THEN 0.4 ELSE 1 END) * (0.9 + 0.2 * random())) AS times
              FROM bench_regions r, LATERAL {sites} c, (VALUES {keys}) AS keys(key, key_share),
                   generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d
              WHERE {a_day} * r.share * key_share * (CASE WHEN c.k = 0 THEN 1 ELSE {of_site} END) > 0.4
            ) AS made WHERE times > 0""".encode(),
            {"first": (now - YEAR - timedelta(days=40)).date(), "last": now.date()},
        )
    db.execute(
        "INSERT INTO statistics_marks SELECT 'audit', max(seq) FROM audit_entries"
        " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
    )


def _divisions(regions: Sequence[str], clients: int) -> list[tuple[str, float, int]]:
    """Each division, its share of the people, and at how many sites they are counted."""
    found: dict[str, float] = {"": 1.0, "370000": 0.95}
    for place, code in enumerate(regions):
        share = ((place + 1) ** 0.5 - place**0.5) / len(regions) ** 0.5 * 0.95
        found[code] = share
        found[f"{code[:4]}00"] = found.get(f"{code[:4]}00", 0.0) + share
    reach = {2: clients, 4: 100, 6: 20}
    return [(code, share, reach[2 if code in ("", "370000") else 4 if code.endswith("00") else 6])
            for code, share in found.items()]  # fmt: skip
