"""Fixtures of the journeys."""

from tests.flows.asking import asking, registered, site, writes  # noqa: F401
from tests.flows.fixtures import *  # noqa: F403
from tests.flows.vouching import embedded_vouching, servers_vouching, vouching  # noqa: F401
