"""One record of each kind in a region, so that routes can be asked for what lies within and out of somebody's reach."""

import json
from dataclasses import dataclass
from datetime import timedelta

from idp.accounts.models import Account
from idp.core import clock, ids
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration import clients
from idp.reviews.models import ReviewRequest
from idp.reviews.rows import told_place
from idp.sites.models import Release, SiteVersion
from idp.staff.approvals import OPEN, WAITS
from idp.staff.models import Approval
from tests.console.house import Console

MISSING = "0" * 32
OF_REGION = ("account_id", "client_id", "organisation_id", "request_id", "approval_id", "release_id")
"""Arguments of routes that name a record with a place; each has its sample below."""
ELSEWHERE = {
    "filename": "console.css",
    "secret": "A" * 43,
    "report": "problems",
    "import_id": MISSING,  # whoever may bring lists in works everywhere
    "operator_id": MISSING,  # the staff is for those who work everywhere
    "entry_id": MISSING,  # so is the trail
    "case_id": MISSING,  # a case belongs to the counter where its person stands
    "name": "sample",  # sources serve the whole
    "kid": "sample",  # so do keys
    "act": "sessions",
    "chart": "sample",
    "kind": "sample",  # so do policies
    "number": "1",
    "confirmation_id": MISSING,  # so are the requests of one's own programs
    "token_id": MISSING,  # one's own alone
    "passkey_id": MISSING,
}
"""Arguments that name nothing with a place, and why; a new argument stands in one of the two tables."""


@dataclass(frozen=True)
class Samples:
    """What lies in one region, by the argument that names it."""

    region: str
    of: dict[str, str]


def build(house: Console, region: str, *, asked_by: str) -> Samples:
    """An account, a site, an organisation, a review and a request for a second person, all of `region`."""
    everything, now = house.services, clock.now()
    with everything.database.transaction() as db:
        account_id = everything.accounts.register(
            db, phone=f"1990{region}9"[:11].ljust(11, "0"), username=f"sample{region}", password_hash=None,
            agreements={}, locale="zh_CN", channel="test",
        )  # fmt: skip
        db.get_one(Account, account_id).region = region
        client_id, _ = clients.register(
            db, everything.trail, _site(region), keyring=everything.keyring, client_id=f"site-{region}",
        )  # fmt: skip
        db.get_one(Client, client_id).region = region
        organisation = Organisation(
            id=ids.new_id(), uscc=f"91{region}MA3DEM019F", name="样例有限公司", kind="company", state="active",
            legal_representative_sealed="", legal_representative_index=ids.digest(region), source="sample",
            request_number=None, created_at=now, checked_at=now, recheck_at=now + timedelta(days=1), reviewed_until=None,
            region=region,
        )  # fmt: skip
        review_id = ids.new_id()
        told = json.dumps({"uscc": organisation.uscc, "name": "样例有限公司", "remark": ""})
        review = ReviewRequest(
            id=review_id, account_id=account_id, kind="organisation", subject=organisation.uscc, region=region,
            state="waiting", needs_second=True, told_sealed=everything.keyring.seal(told, bound_to=told_place(review_id)),
            filed_at=now, submitted_at=now, due_at=now + timedelta(days=1), expires_at=now + timedelta(days=9),
        )  # fmt: skip
        approval = Approval(
            id=ids.new_id(), act="staff.link", target=ids.new_id(), region=region, summary={"login": "li.wei"},
            payload_sealed=None, reason="lost_factor", asked_by=asked_by, asked_at=now, expires_at=now + WAITS, state=OPEN,
        )  # fmt: skip
        version = SiteVersion(
            id=ids.new_id(), client_id=client_id, number=1, state="asked", document=_site(region),
            made_by_kind="citizen", made_by=account_id, made_at=now,
        )  # fmt: skip
        db.add_all([organisation, review, approval, version])
        db.flush()
        release = Release(
            id=ids.new_id(), client_id=client_id, version_id=version.id, organisation_id=organisation.id, region=region,
            state="open", note="", asked_by=account_id, asked_at=now,
        )  # fmt: skip
        db.add(release)
    return Samples(
        region,
        {
            "account_id": account_id,
            "client_id": client_id,
            "organisation_id": organisation.id,
            "request_id": review_id,
            "approval_id": approval.id,
            "release_id": release.id,
        },
    )


def _site(region: str) -> dict[str, object]:
    url = f"https://site-{region}.example.gov.cn"
    return {
        "client_name": f"样例网站 {region}",
        "client_uri": f"{url}/",
        "redirect_uris": [f"{url}/callback"],
        "initiate_login_uri": f"{url}/sign-in",
        "grant_types": ["authorization_code"],
        "scope": "openid profile",
    }
