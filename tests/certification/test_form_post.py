"""Form Post OP: oidcc-formpost-basic-, -implicit- and -hybrid-certification-test-plan."""

from tests.certification.op import Variant
from tests.certification.plans import (
    EveryPlan,
    NonceIsRequired,
    WithCode,
    WithoutNonce,
    WithoutResponseType,
    WithUserinfo,
)


class TestBasicByForm(EveryPlan, WithCode, WithUserinfo, WithoutNonce, WithoutResponseType):
    """oidcc-formpost-basic-certification-test-plan"""

    variants = (Variant("code", form_post=True),)


class TestImplicitByForm(EveryPlan, NonceIsRequired, WithoutResponseType):
    """oidcc-formpost-implicit-certification-test-plan"""

    variants = (Variant("id_token", form_post=True), Variant("id_token token", form_post=True))


class TestHybridByForm(EveryPlan, WithCode, WithUserinfo, NonceIsRequired, WithoutNonce, WithoutResponseType):
    """oidcc-formpost-hybrid-certification-test-plan"""

    variants = tuple(
        Variant(response_type, form_post=True)
        for response_type in ("code id_token", "code token", "code id_token token")
    )
