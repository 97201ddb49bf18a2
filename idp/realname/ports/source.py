"""One configured source, and what of all this it offers."""

from dataclasses import dataclass

from idp.realname.ports.challenges import Challenge
from idp.realname.ports.checks import Check, PhotoCheck
from idp.realname.ports.organisations import LicenceSignIn, OrganisationRegister
from idp.realname.ports.sign_ins import SignIn
from idp.realname.ports.troubles import Configured


@dataclass(frozen=True, slots=True)
class Source:
    """One configured source: `name` is that of its configuration block, and of its evidence."""

    name: str
    label: str
    """What people call it, in Chinese; pages translate it."""
    check: Check | None = None
    photo: PhotoCheck | None = None
    challenge: Challenge | None = None
    sign_in: SignIn | None = None
    register: OrganisationRegister | None = None
    licence: LicenceSignIn | None = None
    addresses: tuple[str, ...] = ()
    """The base URLs it calls or sends people to, for the check at start."""
    configured: Configured | None = None
    """How it came about; None for one that no block describes."""
