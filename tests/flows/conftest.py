"""Fixtures of the journeys."""

from tests.flows.fixtures import *  # noqa: F403
