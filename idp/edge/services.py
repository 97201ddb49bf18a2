"""Everything the faces and commands work with, built once by the composition root and carried by the application."""

from dataclasses import dataclass
from typing import cast

import flask

from idp.accounts.accounts import Accounts
from idp.accounts.disclosures import Disclosures
from idp.accounts.links import Links
from idp.accounts.passwords import PasswordRules
from idp.audit.sealing import Sealer
from idp.audit.trail import Trail
from idp.audit.verifications import Verifications
from idp.authn.code_sign_in import CodeSignIn
from idp.authn.codes import OneTimeCodes
from idp.authn.lifecycle import Lifecycle
from idp.authn.linked_sign_in import LinkedSignIn
from idp.authn.notices import Notices
from idp.authn.password_change import PasswordChange
from idp.authn.password_sign_in import PasswordSignIn
from idp.authn.phone_binding import PhoneBinding
from idp.authn.phone_owners import PhoneOwners
from idp.authn.recovery import Recovery
from idp.authn.registration import Registration
from idp.authn.sessions import Sessions
from idp.bulk.imports import Imports
from idp.config import Settings
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.guardians.guardians import Guardians
from idp.mandates.giving import Giving
from idp.mandates.licences import Licences
from idp.mandates.mandates import Mandates
from idp.mandates.organisations import Organisations
from idp.merging.merging import Merging
from idp.oidc.engine import Engine
from idp.oidc.provider import Provider
from idp.oidc.registration.registrar import Registrar
from idp.outbox.outbox import Outbox
from idp.outbox.worker import Worker
from idp.policies.policies import Policies
from idp.realname.counter import Counter
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.realname.watch.trials import Trials
from idp.reviews.room import Reviews
from idp.sites.room import Sites
from idp.sites.tryout import Tryout
from idp.staff.account_care import AccountCare
from idp.staff.approvals import Approvals
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms of one installation."""

    settings: Settings
    database: Database
    store: Store
    keyring: Keyring
    trail: Trail
    outbox: Outbox
    sealer: Sealer
    verifications: Verifications
    worker: Worker
    policies: Policies
    password_rules: PasswordRules
    accounts: Accounts
    links: Links
    lifecycle: Lifecycle
    sessions: Sessions
    codes: OneTimeCodes
    registration: Registration
    password_sign_in: PasswordSignIn
    code_sign_in: CodeSignIn
    linked_sign_in: LinkedSignIn
    phone_owners: PhoneOwners
    phone_binding: PhoneBinding
    notices: Notices
    password_change: PasswordChange
    recovery: Recovery
    sources: Sources
    trials: Trials
    identity_proof: IdentityProof
    counter: Counter
    merging: Merging
    guardians: Guardians
    organisations: Organisations
    licences: Licences
    giving: Giving
    mandates: Mandates
    tryout: Tryout
    provider: Provider
    engine: Engine
    approvals: Approvals
    imports: Imports
    reviews: Reviews
    disclosures: Disclosures
    care: AccountCare
    registrar: Registrar
    sites: Sites


def services() -> Services:
    """The services of the application in hand."""
    return cast(Services, flask.current_app.extensions["idp"])
