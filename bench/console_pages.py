"""What operators and developers ask their pages for: every list, search and chart, on the ids that `bench.populate` makes.

`ASKED` and `NOT_LISTS` together name every GET route of the console, the API of operators and the workbench (a test holds them to
the router), so that a new list is measured or somebody says why it is none.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench import synthetic
from idp.staff.models import Role


class Who(StrEnum):
    """Asks without being staff at a console: an operator's program, a department's developer, and a program of theirs."""

    PROGRAM = "program"
    DEVELOPER = "developer"
    PIPELINE = "pipeline"


@dataclass(frozen=True)
class Page:
    """One thing to ask for: as whom, where, and with what typed into its form (None for a GET)."""

    role: Role | Who
    path: str
    form: dict[str, str] | None = None

    @property
    def answers(self) -> tuple[int, ...]:
        """What it may be answered with: who is sought may not be there, or lie out of reach."""
        is_elsewhere = self.form is not None or self.role in {Role.DEPARTMENT, Who.PIPELINE}
        return (200, 303, 404) if is_elsewhere else (200, 303)


@dataclass(frozen=True)
class Known:
    """Ids that are in the database, to ask about."""

    account: str
    phone: str
    document: str
    operator: str
    trace: str
    entry: str
    year_ago: str
    last_month: str
    today: str
    deep: str
    """Where the list of accounts goes on in its middle."""
    key: str


BIG_SITE: Final = "site0525"
NOT_LISTS: Final = frozenset(
    {
        # forms and secrets of one record, files that stream, what is no page
        "admin.static", "admin.sign_in", "admin.enrol", "admin.confirm", "admin.resume", "admin.me", "admin.password",
        "admin.confirmation",
        "admin.authenticator", "admin.passkey_new", "admin.tokens", "admin.account_act", "admin.account_level",
        "admin.client_secret", "admin.counter_case", "admin.export_ready", "admin.import_report", "admin.key_rotation",
        "admin.review_paper", "admin.sources_change", "admin.staff_approved", "admin.staff_new", "admin.policy_version",
        "admin_api.openapi", "admin_api.confirmation_asked", "workbench.static", "workbench.register", "workbench.test_person",
        "workbench.text_taken", "workbench_api.openapi", "workbench_api.site_test_person",
        "workbench_api.site_test_person_messages",
    }
)  # fmt: skip


def pages(known: Known) -> list[Page]:
    """All of it."""
    return [
        *_trail(known),
        *_charts(),
        *_accounts(known),
        *_desks(known),
        *_settings(known),
        *_api(known),
        *_workbench(),
        *_workbench_api(known),
    ]


def _trail(known: Known) -> list[Page]:
    audit, trail = Role.AUDIT, "/admin/audit"
    old = f"since={known.year_ago}&until={known.last_month}"
    searches = (
        "", "act=account.frozen", "act=account", "act=sign_in", "act=oidc", "act=sign_in.failed&outcome=failure",
        "outcome=failure", f"account_id={known.account}", f"account_id={known.account}&act=sign_in",
        f"actor_id={known.operator}", f"actor_id={known.operator}&act=account.frozen", f"actor_id={known.account}",
        "client_id=site0001", "client_id=site0450", "client_id=site0450&act=consent.refused",
        "client_id=site0001&act=account.frozen", "client_id=site0450&outcome=failure", f"trace_id={known.trace}",
        f"since={known.today}&until={known.today}", old, f"{old}&act=account.frozen", f"{old}&outcome=failure",
        f"{old}&act=audit&outcome=failure", f"{old}&client_id=site0300&act=sign_in.failed", "act=no.such", "act=nothing",
        f"account_id={'0' * 32}", "since=1990-01-01&until=1990-01-02",
    )  # fmt: skip
    asked = [Page(audit, f"{trail}?{search}" if search else trail) for search in searches]
    asked += [Page(audit, f"{trail}/entries/{known.entry}"), Page(audit, f"{trail}/chain")]
    typed = (
        ("phone", known.phone), ("document", known.document), ("uscc", "113701990000000070"), ("account", known.account),
        ("operator", "bench.01"), ("phone", "19900000000"),
    )  # fmt: skip
    return asked + [Page(audit, f"{trail}/find", {"kind": kind, "who": who}) for kind, who in typed]


def _charts() -> list[Page]:
    whole = ("", "?days=7", "?days=90", "?days=365", "?days=365&region=370100", "?days=365&region=370102&site=site0001",
             "?days=365&site=site0001")  # fmt: skip
    asked = [Page(role, f"/admin/statistics{chart}") for role in (Role.AUDIT, Role.SYSTEM) for chart in whole]
    of_region = ("", "&region=370102", "&site=site0001")
    asked += [Page(Role.DEPARTMENT, f"/admin/statistics?days=365{more}") for more in of_region]
    files = ("sign_ins", "sites", "failures", "sources")
    return asked + [Page(Role.SYSTEM, f"/admin/statistics/{chart}.csv?days=365") for chart in files]


def _accounts(known: Known) -> list[Page]:
    place, asked = "/admin/accounts", []
    alone = (
        "state=active", "state=frozen", "state=closed", "state=merged", "ial=0", "ial=3", "region=370000",
        "region=371700", "region=370102", "region=371709", "region=450000", "since=2026-11-01", "until=2024-01-15",
        "seen_since=2026-11-20", "seen_until=2025-01-01", "test_people=yes",
    )  # fmt: skip
    paired = [
        f"{one}&{other}"
        for nth, one in enumerate(_WIDE)
        for other in _WIDE[nth + 1 :]
        if one.partition("=")[0] != other.partition("=")[0]
    ]
    more = ("ial=0&region=370102", "region=370102&state=frozen", "seen_since=2026-11-20&ial=2",
            "seen_until=2025-01-01&region=371709", "seen_until=2025-01-01&region=370000", "test_people=yes&region=370102",
            "state=frozen&ial=3&region=370000&since=2024-01-01&until=2026-01-01&seen_since=2024-06-01&seen_until=2026-11-01",
            f"after={known.deep}", f"after={known.deep}&region=371700", f"after={known.deep}&ial=2")  # fmt: skip
    for role in (Role.SYSTEM, Role.DEPARTMENT):
        asked += [Page(role, place), Page(role, f"{place}/{known.account}")]
        asked += [Page(role, f"{place}?{each}") for each in (*alone, *paired, *more)]
        named = (known.phone, known.document, known.account, "113701990000000010", synthetic.name(7), "nobody.at.all")
        asked += [Page(role, place, {"identifier": each}) for each in named]
    return asked


_WIDE: Final = (
    "state=active", "state=frozen", "ial=2", "region=370000", "region=370102", "since=2025-06-01", "until=2024-06-01",
    "seen_since=2026-06-01", "seen_until=2025-01-01",
)  # fmt: skip


def _desks(known: Known) -> list[Page]:
    system, department, security = Role.SYSTEM, Role.DEPARTMENT, Role.SECURITY
    one = "SELECT"
    asked = [Page(role, "/admin/") for role in Role]
    asked += [Page(role, "/admin/approvals") for role in (system, security, department)]
    asked += [Page(security, f"/admin/approvals/{{{one} id FROM approvals WHERE state = 'done' LIMIT 1}}")]
    reviews = ("", "?state=waiting", "?state=approved", "?kind=guardianship", "?age=overdue", "?age=today", "?state=mine",
               "?kind=document&state=refused", "?kind=document&age=overdue")  # fmt: skip
    asked += [Page(role, f"/admin/reviews{more}") for role in (system, department) for more in reviews]
    asked += [Page(system, f"/admin/reviews/{{{one} id FROM review_requests WHERE state = 'approved' LIMIT 1}}")]
    asked += [
        Page(system, f"/admin/imports{more}")
        for more in ("", f"/{{{one} id FROM imports WHERE rows > 1000 ORDER BY rows DESC LIMIT 1}}")
    ]
    asked += [Page(system, "/admin/confirmations"), Page(security, "/admin/confirmations")]
    asked += [Page(system, "/admin/exports"), Page(Role.COUNTER, "/admin/counter")]
    clients = ("", "?state=active", "?mode=test", "?region=370100", "?origin=operator", "?q=测试应用 77", "?q=site4")
    asked += [Page(role, f"/admin/clients{more}") for role in (system, department) for more in clients]
    asked += [Page(system, f"/admin/clients/{BIG_SITE}{more}") for more in ("", "/deliveries")]
    asked += [
        Page(role, f"/admin/deliveries{more}") for role in (system, department) for more in ("", "?state=waiting")
    ]
    asked += [Page(system, "/admin/emergencies"), Page(security, "/admin/emergencies")]
    asked += [Page(system, f"/admin/releases{more}") for more in ("", "?state=approved")]
    return asked + [Page(system, f"/admin/releases/{{{one} id FROM site_releases WHERE state = 'open' LIMIT 1}}")]


def _settings(known: Known) -> list[Page]:
    asked = [Page(role, f"/admin/{each}") for role in (Role.SYSTEM, Role.SECURITY) for each in ("sources", "keys")]
    asked += [Page(Role.SYSTEM, f"/admin/sources/{each}") for each in ("registry", "-/history")]
    asked += [Page(Role.SECURITY, f"/admin/keys/{known.key}"), Page(Role.SECURITY, "/admin/policies")]
    asked += [Page(Role.SECURITY, "/admin/policies/password"), Page(Role.SECURITY, "/admin/auditors")]
    staff = ("", "?role=department", "?state=active", f"/{known.operator}")
    return asked + [Page(role, f"/admin/staff{more}") for role in (Role.SYSTEM, Role.SECURITY) for more in staff]


def _api(known: Known) -> list[Page]:
    routes = (
        "accounts", "accounts?seen_until=2025-01-01&region=370000", "accounts?state=frozen&ial=3", f"accounts/{known.account}",
        "approvals", "approvals/{SELECT id FROM approvals WHERE state = 'done' LIMIT 1}", "audit", "audit?act=account.frozen",
        "clients", "confirmations", f"clients/{BIG_SITE}", f"clients/{BIG_SITE}/configuration", "imports",
        "imports/{SELECT id FROM imports WHERE rows > 1000 ORDER BY rows DESC LIMIT 1}", "keys", "operators",
        "policies/password", "reviews", "sources", "sources/registry", "auditors",
        "statistics/sign_in?since=2025-12-01&until=2026-11-20",
        "audit/chain", f"audit/entries/{known.entry}", "releases", "releases?state=approved",
        "releases/emergencies", "keys/rotation", "policies",
        "releases/{SELECT id FROM site_releases WHERE state = 'open' LIMIT 1}", f"clients/{BIG_SITE}/versions",
        f"clients/{BIG_SITE}/deliveries", "policies/password/versions", "sources/history", f"operators/{known.operator}",
    )  # fmt: skip
    return [Page(Who.PROGRAM, f"/admin/api/v1/{each}") for each in routes]


def _workbench() -> list[Page]:
    site = f"/workbench/sites/{BIG_SITE}"
    of_site = ("", "/check", "/deliveries", "/edit", "/errors", "/going-live", "/secrets", "/settings", "/statistics",
               "/test-people", "/text", "/versions")  # fmt: skip
    asked = [Page(Who.DEVELOPER, f"{site}{each}") for each in of_site]
    return [*(Page(Who.DEVELOPER, f"/workbench{each}") for each in ("", "/sites", "/tokens")), *asked]


def _workbench_api(known: Known) -> list[Page]:
    site = f"sites/{BIG_SITE}"
    of_site = ("", "/check", "/configuration", "/deliveries", "/errors", "/hosts", "/releases", "/secrets", "/test-people",
               "/versions", "/versions/1", f"/statistics?since={known.year_ago}&until={known.today}")  # fmt: skip
    return [
        Page(Who.PIPELINE, f"/workbench/api/v1/{each}") for each in ("sites", *(f"{site}{each}" for each in of_site))
    ]
