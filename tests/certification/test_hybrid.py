"""Hybrid OP: oidcc-hybrid-certification-test-plan."""

from tests.certification.op import Variant
from tests.certification.plans import (
    EveryPlan,
    NonceIsRequired,
    WithCode,
    WithoutNonce,
    WithoutResponseType,
    WithUserinfo,
)


class TestHybrid(EveryPlan, WithCode, WithUserinfo, NonceIsRequired, WithoutNonce, WithoutResponseType):
    """A code, and something with it."""

    variants = (Variant("code id_token"), Variant("code token"), Variant("code id_token token"))
