"""From settings to the sources of proof, and to how far they lead."""

from idp.config import Settings
from idp.core.http import HttpClient
from idp.obeyed import Obeyed
from idp.oidc import levels
from idp.realname import blocks, policy
from idp.realname.rules import Rules
from idp.realname.sources import Sources, Tools, configured
from idp.store.redis import Store


def rules(settings: Settings, obeyed: Obeyed) -> Rules:
    return Rules(obeyed.checks, settings.counter, settings.identity.minors_by_face, settings.issuer, obeyed.face_text)


def reach(known_sources: Sources, *, has_counter: bool) -> levels.Level:
    """As far as anything that is configured leads."""
    ways = policy.offered_by(known_sources, {}, has_counter=has_counter)
    vouching = [source.sign_in.capability for source in known_sources if source.sign_in is not None]
    return levels.reachable(policy.reach(ways, vouching))


def open_sources(settings: Settings, http: HttpClient, store: Store) -> Sources:
    """The configured sources of proof and of sign-in; one instance each, because its threads share the session secret."""
    given = blocks.load(settings.sources_file) if settings.sources_file is not None else ()
    return configured(given, Tools(http, store, settings.issuer))
