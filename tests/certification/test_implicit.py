"""Implicit OP: oidcc-implicit-certification-test-plan."""

from tests.certification.op import Variant
from tests.certification.plans import EveryPlan, NonceIsRequired, WithoutResponseType, WithUserinfo

ID_TOKEN, ID_TOKEN_TOKEN = Variant("id_token"), Variant("id_token token")


class TestImplicit(EveryPlan, NonceIsRequired, WithoutResponseType):
    """Without an access token, and with one."""

    variants = (ID_TOKEN, ID_TOKEN_TOKEN)


class TestUserinfo(WithUserinfo):
    """What the plan runs with an access token only."""

    variants = (ID_TOKEN_TOKEN,)
