"""What lies on the desks of the console in a province: reviews, lists brought in, requests, today's proofs, versions, deliveries.

Made in SQL beside the people and sites of `bench.populate`; sealed members are left empty, as they are once a case is over.
"""

from typing import Final

import psycopg

from idp.core.crypto import Keyring

MANAGER: Final = "SELECT id FROM desk_people WHERE listed_ial >= 2 ORDER BY n LIMIT 1"
"""Who represents the department that has the most sites."""
WHO_MANAGES: Final = "SELECT account_id FROM representations WHERE id = md5('manager')"
SITES: Final = 5_000
_REVIEWS, _PROOFS, _LINES = 50_000, 100_000, 100_000
_APPROVALS, _IMPORTS, _MESSAGES, _STAFF, _TEST_PEOPLE = 20_000, 400, 100_000, 2_000, 2_000
_DEPARTMENT = "md5('o' || 1)"
_SITE = "'site' || lpad((1 + n % {sites})::text, 4, '0')"


def fill(db: "psycopg.Connection[tuple[object, ...]]", keyring: Keyring, *, sites: int) -> None:
    """Everything; `sites` is how many there are already, of which some are told about in the trail."""
    db.execute(
        "CREATE TEMP TABLE desk_people AS SELECT row_number() OVER (ORDER BY id) AS n, id, region, listed_ial FROM"
        f" (SELECT * FROM accounts WHERE state = 'active' AND region <> '' ORDER BY id LIMIT {_REVIEWS}) AS people"
    )
    db.execute("CREATE TEMP TABLE desk_staff AS SELECT row_number() OVER (ORDER BY login) - 1 AS n, id FROM operators")
    for statement in _statements(sites):
        db.execute(statement.encode())
    _name_representative(db, keyring)
    db.execute("DROP TABLE desk_people; DROP TABLE desk_staff")


def _name_representative(db: "psycopg.Connection[tuple[object, ...]]", keyring: Keyring) -> None:
    """The department's page opens what is sealed to it."""
    found = db.execute(f"SELECT {_DEPARTMENT}".encode()).fetchone()
    place = f"organisations.representative:{found[0] if found else ''}"
    sealed = keyring.seal("测试甲", bound_to=place)
    db.execute(
        f"UPDATE organisations SET legal_representative_sealed = %s WHERE id = {_DEPARTMENT}".encode(), (sealed,)
    )


def _statements(sites: int) -> tuple[str, ...]:
    of_site = _SITE.format(sites=SITES)
    staff = "(SELECT id FROM desk_staff WHERE desk_staff.n = src.n % 40)"
    ago = "now() - src.n * interval '7 minutes'"
    return (
        # sites beyond those of the trail; all of them belong to one department, the hardest case of its pages
        (
            "INSERT INTO clients (client_id, state, release_basis, metadata, created_at, updated_at, origin, mode,"
            " organisation_id, region) SELECT 'site' || lpad(n::text, 4, '0'), state, release_basis,"
            " jsonb_set(metadata::jsonb, '{client_name}', to_jsonb('测试应用 ' || n))::json, created_at - n * interval '1 hour',"
            " updated_at, origin, CASE WHEN n % 3 = 0 THEN 'test' ELSE mode END,"
            " organisation_id, region"
            f" FROM clients, generate_series({sites + 1}, {SITES}) AS n WHERE client_id = 'site0001'"
        ),
        (
            "INSERT INTO representations (id, organisation_id, account_id, by_number, since)"
            f" SELECT md5('manager'), {_DEPARTMENT}, one.id, true, now() FROM ({MANAGER}) AS one"
        ),
        (
            "INSERT INTO site_versions (id, client_id, number, state, document, made_by_kind, made_by, made_at, was_live)"
            " SELECT md5(client_id || number), client_id, number, CASE WHEN number = 4 THEN 'current' ELSE 'past' END, metadata,"
            " 'service', NULL, created_at + number * interval '1 minute', number > 2"
            " FROM clients, generate_series(1, 4) AS number WHERE client_id LIKE 'site%'"
        ),
        (
            "INSERT INTO site_releases (id, client_id, version_id, organisation_id, region, state, note, asked_by, asked_at)"
            " SELECT md5('release' || client_id || n), client_id, md5(client_id || '4'), organisation_id, region,"
            " CASE WHEN n = 1 AND length(region) > 0 AND right(client_id, 1) = '5' THEN 'open' ELSE 'approved' END, '',"
            f" one.id, now() - n * interval '1 day' FROM clients, ({MANAGER}) AS one, generate_series(1, 4) AS n"
            " WHERE client_id LIKE 'site%' AND organisation_id IS NOT NULL"
        ),
        (
            "INSERT INTO client_secrets (digest, client_id, created_at, expires_at)"
            " SELECT md5('secret' || client_id || n), client_id, now(), now() + n * interval '20 days'"
            " FROM clients, generate_series(1, 2) AS n WHERE client_id LIKE 'site%'"
        ),
        (
            f"INSERT INTO site_errors SELECT {of_site}, 'redirect_uri.' || n / {SITES}, n / {SITES} % 5,"
            f" 'https://elsewhere.example/', 'https://site.example.gov.cn/callback', md5('e' || n), 3, now()"
            f" FROM generate_series(0, {SITES * 4 - 1}) AS n"
        ),
        (
            "INSERT INTO outbox_messages (id, kind, topic, recipient, payload_sealed, state, tries, created_at, next_at,"
            " expires_at, settled_at, last_error, trace_id) SELECT md5('m' || src.n), 'backchannel_logout', 'logout:' || src.n,"
            f" CASE WHEN n % 10 = 0 THEN 'site0525' ELSE {of_site} END, '',"
            " CASE WHEN n % 5 = 0 THEN 'dead' WHEN n % 50 = 1 THEN 'waiting' ELSE 'delivered' END, 5,"
            " now() - n * interval '5 seconds', now() + interval '1 day', now() + interval '2 days', now(), 'timeout',"
            f" md5('t' || n) FROM generate_series(1, {_MESSAGES}) AS src(n)"
        ),
        # people's desks
        (
            "INSERT INTO review_requests (id, account_id, kind, subject, region, state, needs_second, filed_at, submitted_at,"
            " due_at, expires_at, decided_by, decided_at, minutes, reason) SELECT md5('r' || src.n), id,"
            " (ARRAY['organisation','document','guardianship'])[1 + n % 3], 'resident_id', region,"
            " (ARRAY['waiting','approved','refused','waiting','approved','second','returned','expired'])[1 + n % 8], n % 8 = 5,"
            f" {ago}, {ago}, {ago} + interval '3 days', {ago} + interval '300 days',"
            f" CASE WHEN n % 8 IN (1, 2, 4) THEN {staff} END, CASE WHEN n % 8 IN (1, 2, 4) THEN {ago} END,"
            " CASE WHEN n % 8 IN (1, 2, 4) THEN n % 500 END, 'matches' FROM desk_people AS src"
        ),
        (
            "INSERT INTO imports (id, label, state, columns, rows, trusts_proofs, brought_by, created_at)"
            f" SELECT md5('i' || src.n), 'list ' || n, CASE WHEN n = 1 OR n % 20 = 0 THEN 'checked' ELSE 'done' END,"
            f""" '["phone"]', CASE WHEN n = 1 THEN {_LINES} ELSE 10 END, false, {staff}, {ago}"""
            f" FROM generate_series(1, {_IMPORTS}) AS src(n)"
        ),
        (
            "INSERT INTO import_rows (import_id, number, state, problems, phone_index) SELECT md5('i1'), n,"
            " CASE WHEN n % 4 = 0 THEN 'wrong' ELSE 'ready' END,"
            """ CASE WHEN n % 4 = 0 THEN '["phone:unreadable"]' ELSE '[]' END::json, md5('p' || n)"""
            f" FROM generate_series(1, {_LINES}) AS n"
        ),
        (
            "INSERT INTO approvals (id, act, target, region, summary, reason, asked_by, asked_at, expires_at, state)"
            " SELECT md5('a' || src.n), (ARRAY['staff.link','accounts.export'])[1 + n % 2], md5('target' || n),"
            """ (SELECT region FROM desk_people WHERE desk_people.n = src.n), '{"ticket": "T-1", "count": 1, "unmasked": []}',"""
            f" 'lost_factor', {staff}, {ago}, now() + interval '3 days',"
            " CASE WHEN n % 20 = 0 THEN 'open' ELSE 'done' END"
            f" FROM generate_series(1, {_APPROVALS}) AS src(n)"
        ),
        (
            "INSERT INTO evidence (id, account_id, source, channel, verdict, document_index, ial, at, expires_at, took_ms)"
            " SELECT md5('proof' || src.n), id, (ARRAY['registry','alipay','wechat','counter'])[1 + src.n % 4], 'scripted',"
            " (ARRAY['verified','verified','verified','refuted','unavailable'])[1 + src.n % 5], md5('d' || id), 0,"
            " now() - (src.n % 3600) * interval '1 second', NULL, 50 + src.n % 400"
            f" FROM generate_series(1, {_PROOFS}) AS src(n) JOIN desk_people ON desk_people.n = 1 + src.n % {_REVIEWS}"
        ),
        (
            "INSERT INTO operators (id, login, role, state, totp_last_step, created_at, region)"
            " SELECT md5('op' || n), 'desk.' || lpad(n::text, 5, '0'),"
            " CASE WHEN n % 100 = 0 THEN 'audit' ELSE (ARRAY['department','department','counter'])[1 + n % 3] END,"
            " 'active', 0, now() - n * interval '1 hour',"
            f" CASE WHEN n % 3 < 2 AND n % 100 <> 0 THEN '370100' ELSE '' END FROM generate_series(1, {_STAFF}) AS n"
        ),
        *_of_accounts(staff),
    )


def _of_accounts(staff: str) -> tuple[str, ...]:
    """What operators did to accounts, and people of nobody's for trying sites out."""
    return (
        (
            "INSERT INTO account_acts (id, account_id, act, operator_id, role, reason, ticket, at) SELECT md5('act' || src.n),"
            f" id, 'account.frozen', {staff}, 'system', 'reported_stolen', 'T-1', now() - src.n * interval '1 minute'"
            " FROM desk_people AS src WHERE src.n <= 5000"
        ),
        (
            "INSERT INTO disclosures (id, account_id, field, operator_id, role, reason, ticket, at, until)"
            f" SELECT md5('disclosure' || src.n), id, 'phone', {staff}, 'system', 'request', 'T-1', now(), now()"
            " FROM desk_people AS src WHERE src.n <= 5000"
        ),
        (
            "INSERT INTO accounts (id, state, locale, created_at, updated_at, region, is_synthetic)"
            f" SELECT md5('nobody' || n), 'active', 'zh_CN', now() - n * interval '6 hours', now(), '370102', true"
            f" FROM generate_series(1, {_TEST_PEOPLE}) AS n"
        ),
        (
            "INSERT INTO synthetic_people (account_id, organisation_id, client_id, level, is_minor, made_by, created_at)"
            f" SELECT md5('nobody' || n), NULL, 'site0525', 1, false, one.id, now() FROM ({MANAGER}) AS one,"
            f" generate_series(1, {_TEST_PEOPLE}) AS n"
        ),
    )
