"""A site that keeps its copy of the key set while operators rotate and revoke keys in the console."""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.audit.trail import SYSTEM
from idp.core.jwt import jose
from idp.staff import operators
from idp.staff.models import Role
from tests.console.house import Browser, Console
from tests.flows.browser import Landing
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person, next_number
from tests.flows.rp import RelyingParty

pytestmark = both_pairs


def staff_of(centre: Centre) -> dict[Role, Browser]:
    """A system and a security administrator at work."""
    everything = centre.services
    with everything.database.transaction() as db:
        staff = {
            role: operators.add(
                db, everything.keyring, everything.trail, login=f"keys.{role}{next_number()}", role=role, actor=SYSTEM
            )
            for role in (Role.SYSTEM, Role.SECURITY)
        }
    console = Console(centre.app, staff, "")
    browsers = {role: Browser(console) for role in staff}
    for role, browser in browsers.items():
        assert browser.sign_in(staff[role]).status_code == 303
    return browsers


def holds(token: str, copy: KeySet) -> bool:
    """Whether a site with this copy of the key set believes the token."""
    try:
        jwt.decode(token, copy, algorithms=["ES256", "RS256"])
    except (JoseError, ValueError):
        return False
    return True


def test_a_site_with_an_old_copy_goes_on_through_a_rotation_and_not_past_a_revocation(
    rp: RelyingParty, alice: Person, centre: Centre
) -> None:
    staff = staff_of(centre)
    copy, before = rp.keys(), rp.tokens_of(alice)

    staff[Role.SYSTEM].get("/admin/keys/-/rotation")
    asked = staff[Role.SYSTEM].post("/admin/keys/-/rotation", reason="key_routine", understood="yes")
    staff[Role.SECURITY].get(asked.location)
    allowed = staff[Role.SECURITY].post(f"{asked.location}/decision", action="allow")
    assert (asked.status_code, allowed.status_code) == (303, 303)
    centre.see_changes()

    after = rp.tokens_of(alice)
    assert kid_of(after.id_token) != kid_of(before.id_token)
    assert holds(after.id_token, copy)  # published long before it signed
    assert holds(before.id_token, rp.keys())

    kid = kid_of(after.id_token)
    staff[Role.SECURITY].get(f"/admin/keys/{kid}")
    done = staff[Role.SECURITY].post(f"/admin/keys/{kid}/revoke", reason="key_exposed", kid=kid)
    assert done.status_code == 303
    centre.see_changes()

    assert kid not in {key.kid for key in rp.keys().keys}
    assert not holds(after.id_token, rp.keys())  # whoever looks at the key set again believes it no more
    assert holds(before.id_token, rp.keys())
    newest = rp.tokens_of(alice)
    assert kid_of(newest.id_token) not in {kid_of(before.id_token), kid}
    assert holds(newest.id_token, rp.keys())
    assert not holds(newest.id_token, copy)  # made after that copy was fetched
    assert rp.userinfo(after.access_token).status_code == 200  # the access token was never signed by it
    hinted = rp.visit(prompt="none", id_token_hint=after.id_token)
    assert isinstance(hinted, Landing)
    assert "code" not in hinted.params


def kid_of(token: str) -> str:
    return str(jose.peek(token)["kid"])
