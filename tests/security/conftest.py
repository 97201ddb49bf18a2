"""Fixtures of the security cases."""

from tests.flows.fixtures import *  # noqa: F403
