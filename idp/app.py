"""The composition root: from settings to services, and from services to the WSGI application."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import flask
from sqlalchemy.orm import Session

from idp import front, housekeeping, models, proofs
from idp.accounts.accounts import Accounts
from idp.accounts.disclosures import Disclosures
from idp.accounts.links import Links
from idp.accounts.passwords import PasswordRules
from idp.admin import console
from idp.admin.api import room as operators_api
from idp.audit.sealing import Sealer
from idp.audit.trail import Trail
from idp.audit.verifications import Verifications
from idp.authn.code_limits import CodeLimits
from idp.authn.code_sign_in import CodeSignIn
from idp.authn.codes import OneTimeCodes
from idp.authn.guard import Guard
from idp.authn.lifecycle import Lifecycle
from idp.authn.linked_sign_in import LinkedSignIn
from idp.authn.notices import Notices
from idp.authn.password_change import PasswordChange
from idp.authn.password_sign_in import PasswordSignIn
from idp.authn.phone_binding import PhoneBinding
from idp.authn.phone_owners import PhoneOwners
from idp.authn.recovery import Recovery
from idp.authn.registration import Registration
from idp.authn.sessions import LOGOUT, Sessions
from idp.authn.sms import SmsGateway
from idp.bulk import room as bulk_room
from idp.bulk.imports import Imports
from idp.config import Settings, from_environment, master_key_material
from idp.core import clock, crypto, logging
from idp.core.certificates import TrustAnchors
from idp.core.crypto import Keyring
from idp.core.http import GuardedClient, HttpClient
from idp.db import keyring as data_keys
from idp.db.engine import open_database
from idp.db.unit_of_work import Database
from idp.edge import metrics, observability, packed, pages
from idp.edge.services import Services
from idp.guardians import guardianships
from idp.guardians.guardians import Guardians
from idp.mandates import room as mandates_room
from idp.mandates.room import Room
from idp.merging import forgetting
from idp.merging.merging import Merging
from idp.obeyed import Obeyed
from idp.oidc import endpoints, grants, levels
from idp.oidc.authorization.request_uris import RequestUris
from idp.oidc.engine import Engine
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.outgoing import Outgoing
from idp.oidc.logout.back_channel import LogoutDelivery
from idp.oidc.provider import Lifetimes, Provider
from idp.oidc.registration.clients import ClientRegistry
from idp.oidc.registration.registrar import Policy, Registrar
from idp.oidc.registration.software_statements import SoftwareStatements
from idp.oidc.resource_servers import ResourceServers
from idp.oidc.tokens.access_tokens import AccessTokens
from idp.oidc.tokens.given_out import GivenOut
from idp.oidc.tokens.id_tokens import IdTokens
from idp.oidc.tokens.recently import Recently
from idp.oidc.verified import framework
from idp.outbox.outbox import Outbox
from idp.outbox.worker import Worker
from idp.policies import first
from idp.policies.kinds import BRAND
from idp.policies.policies import Policies
from idp.realname.counter import Counter
from idp.realname.recognition import Recognition
from idp.realname.runner import Runner
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.realname.watch.settings import InForce
from idp.realname.watch.trials import Trials
from idp.reviews import room as reviews_room
from idp.reviews import rows as review_rows
from idp.sites import room as sites_room
from idp.sites import tryout
from idp.sites.tokens import WithTokens
from idp.staff.account_care import AccountCare
from idp.staff.approvals import Approvals
from idp.store.redis import Store, open_store
from idp.web import face
from idp.workbench import workbench
from idp.workbench.api import room as departments_api

SMS = "sms"
TABLES = models.ALL  # importing them is what makes SQLAlchemy know every table


def create_app(settings: Settings | None = None, known_sources: Sources | None = None) -> flask.Flask:
    """The application; settings come from the environment unless given, and the sources of proof from their file.

    ConfigurationError stops the boot by name.
    """
    settings = settings or from_environment()
    logging.configure(settings.log_file, settings.log_level)
    app = flask.Flask("idp", static_folder=str(face.STATIC), template_folder=str(face.TEMPLATES))
    database = open_database(app, settings.database_url, pool=settings.database_pool)
    app.extensions["idp"] = everything = build(settings, database, known_sources)
    front.configure(app, settings, everything.keyring)
    face.init_app(app, lambda: everything.policies.shown(BRAND), (console.CATALOGUES, workbench.CATALOGUES))
    pages.init_app(app)
    packed.init_app(app)
    endpoints.register(app)
    console.init_app(app)
    operators_api.init_app(app)
    workbench.init_app(app)
    departments_api.init_app(app)
    app.register_blueprint(_observability(everything))
    front.guard(app, settings)
    front.put_in_front(app, everything)
    return app


def build(settings: Settings, database: Database, known_sources: Sources | None = None) -> Services:
    """The services of an installation whose tables and keys exist (`python -m idp init` makes them)."""
    with database.view() as db:
        keyring = data_keys.load(db, crypto.master_key(master_key_material(settings), settings.crypto_suite))
    store = open_store(settings.redis_url)
    trail, outbox = Trail(keyring, metrics.observe_act), Outbox(keyring)
    policies = Policies(database, trail, first.of_settings(settings))
    obeyed = Obeyed(policies)
    rules = PasswordRules(obeyed.passwords)
    accounts, links = Accounts(keyring, trail, policies.agreements), Links(keyring, trail)
    guard = Guard(store, keyring, obeyed.throttle)
    sessions = Sessions(trail, outbox, obeyed.sessions, WithTokens(GivenOut(trail), trail))
    limits = CodeLimits(store, keyring, accounts, guard, obeyed.codes)
    codes = OneTimeCodes(database, limits, keyring, trail, outbox)
    doubt_after = timedelta(days=settings.phone_reconfirm_days)
    owners = PhoneOwners(database, accounts, codes, guard, Recognition(keyring), trail, doubt_after)
    http = HttpClient(settings.outbound_ca_file)
    known_sources = replace(known_sources or proofs.open_sources(settings, http, store), preferring=InForce(database))
    # One thread at least is never busy with what sites publish.
    guarded = GuardedClient(settings.outbound_allow, settings.outbound_ca_file, places=max(1, settings.threads - 1))
    reach = proofs.reach(known_sources, has_counter=settings.counter)
    vouched = framework.offer(known_sources, has_counter=settings.counter)
    provider = _provider(settings, reach, vouched, database, store, keyring, trail, accounts, sessions, rules, guarded)
    proof = IdentityProof(
        database, store, keyring, trail, known_sources, rules=proofs.rules(settings, obeyed),
        runner=Runner(store, threads=settings.threads),
    )  # fmt: skip
    room = mandates_room.build(
        database, store, keyring, trail, accounts=accounts, outbox=outbox, sources=known_sources,
        runner=Runner(store, threads=settings.threads), is_site=provider.clients.serves_organisations,
    )  # fmt: skip
    sites = sites_room.build(settings, database, keyring, trail, accounts=accounts, outbox=outbox)
    lifecycle, notices = Lifecycle(accounts, sessions, _let_go(room, trail)), Notices(accounts, outbox)
    trying = tryout.build(database, keyring, trail, accounts, sessions, lifecycle, room.ending, provider, guarded)
    return Services(
        settings=settings,
        database=database,
        store=store,
        keyring=keyring,
        trail=trail,
        outbox=outbox,
        sealer=Sealer(database, keyring),
        verifications=Verifications(database, keyring, trail, settings.log_file),
        worker=_worker(settings, outbox, provider, proof, http, guarded, room, obeyed, sites, trying),
        policies=policies,
        password_rules=rules,
        accounts=accounts,
        links=links,
        lifecycle=lifecycle,
        sessions=sessions,
        codes=codes,
        registration=Registration(database, accounts, codes, guard, rules, trail),
        password_sign_in=PasswordSignIn(database, accounts, trail, guard, rules),
        code_sign_in=CodeSignIn(database, accounts, codes, guard, owners, trail),
        linked_sign_in=LinkedSignIn(database, store, links, guard, trail),
        phone_owners=owners,
        phone_binding=PhoneBinding(database, accounts, codes),
        notices=notices,
        password_change=PasswordChange(database, accounts, guard, rules, sessions, trail),
        recovery=Recovery(database, accounts, codes, guard, owners, rules, sessions, trail),
        sources=known_sources,
        trials=Trials(database, store, trail, http, settings.issuer),
        identity_proof=proof,
        counter=Counter(database, store, keyring, trail, proof),
        merging=Merging(keyring, trail, sessions, timedelta(days=settings.merge_undo_days)),
        guardians=Guardians(database, keyring, trail, accounts, sessions, lifecycle, rules, proof),
        organisations=room.organisations,
        licences=room.licences,
        giving=room.giving,
        mandates=room.mandates,
        tryout=trying,
        provider=provider,
        engine=_engine(provider),
        approvals=Approvals(keyring, trail),
        imports=Imports(keyring, trail),
        reviews=reviews_room.build(database, keyring, trail, notices, room, guardianships.papers_seen, settings),
        disclosures=Disclosures(trail),
        care=AccountCare(trail, accounts, sessions, lifecycle, notices),
        registrar=Registrar(provider, guarded, _statements(settings, provider), Policy.of(settings)),
        sites=sites,
    )


def _let_go(room: Room, trail: Trail) -> Callable[[Session, str], None]:
    """What ends with an account that is closed."""

    def let_go(db: Session, account_id: str) -> None:
        room.ending.of_account(db, account_id, now=clock.now())
        guardianships.account_closed(db, trail, account_id)
        forgetting.account_closed(db, account_id)
        review_rows.account_closed(db, account_id)

    return let_go


def _statements(settings: Settings, provider: Provider) -> SoftwareStatements:
    return SoftwareStatements.of_settings(settings.issuer, settings.software_statement_issuers, provider.client_keys)


def _provider(
    settings: Settings, reach: levels.Level, vouched: framework.Offer, database: Database, store: Store,
    keyring: Keyring, trail: Trail, accounts: Accounts, sessions: Sessions, rules: PasswordRules,
    guarded: GuardedClient,
) -> Provider:  # fmt: skip
    keys = SigningKeys(database, keyring)
    client_keys = ClientKeys(guarded)
    outgoing, recently = Outgoing(settings.issuer, keys, client_keys), Recently()
    trail.tell(recently.observe)
    return Provider(
        issuer=settings.issuer,
        reach=reach,
        verified=vouched,
        database=database,
        store=store,
        keyring=keyring,
        trail=trail,
        clients=ClientRegistry(database),
        client_anchors=TrustAnchors.of_file(settings.client_ca_file) if settings.client_ca_file else None,
        client_keys=client_keys,
        request_uris=RequestUris(guarded),
        resource_servers=ResourceServers(database),
        keys=keys,
        outgoing=outgoing,
        id_tokens=IdTokens(settings.issuer, keys, outgoing, settings.access_token_seconds),
        access_tokens=AccessTokens(store, settings.access_token_seconds, recently),
        sessions=sessions,
        accounts=accounts,
        password_rules=rules,
        lifetimes=Lifetimes(
            code=timedelta(seconds=settings.code_seconds),
            refresh_token=timedelta(days=settings.refresh_token_days),
            refresh_grace=timedelta(seconds=settings.refresh_grace_seconds),
        ),
        tell_error=tryout.ErrorsSeen(database).note,
    )


def _engine(provider: Provider) -> Engine:
    engine = Engine(provider)
    for grant in grants.ALL:
        engine.register_grant(grant)
    return engine


def _worker(
    settings: Settings, outbox: Outbox, provider: Provider, proof: IdentityProof, http: HttpClient,
    guarded: GuardedClient, room: Room, obeyed: Obeyed, sites: sites_room.Sites, trying: tryout.Tryout,
) -> Worker:  # fmt: skip
    return Worker(
        provider.database,
        outbox,
        {
            SMS: SmsGateway(http, settings.sms, sign=obeyed.sms_sign, keep=trying.keep),
            LOGOUT: LogoutDelivery(provider, guarded),
        },
        trail=provider.trail,
        acts={LOGOUT: "logout"},
        observe=metrics.observe_delivery,
        chores=[
            *housekeeping.chores(provider.database, provider.keyring, provider.trail, proof, settings),
            *room.rechecking.chores(),
            *sites.chores(),
            *bulk_room.chores(provider.database, provider.keyring, provider.trail, provider.accounts),
            *trying.chores(),
        ],
    )


def _observability(everything: Services) -> flask.Blueprint:
    return observability.blueprint(
        everything.database,
        everything.store,
        breakers=everything.identity_proof.breakers(),
        shows_metrics=not everything.settings.metrics_listen,
    )
