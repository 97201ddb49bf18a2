"""Basic OP: oidcc-basic-certification-test-plan."""

from tests.certification.op import CODE, Provider
from tests.certification.plans import EveryPlan, WithCode, WithoutNonce, WithoutResponseType, WithUserinfo


class TestBasic(EveryPlan, WithCode, WithUserinfo, WithoutNonce, WithoutResponseType):
    """The code flow."""

    variants = (CODE,)

    def test_the_authorization_endpoint_takes_a_post(self, op: Provider) -> None:
        """oidcc-ensure-post-request-succeeds"""
        party = op.party()
        for visitor in (op.visitor(), op.known_visitor()):
            asked = party.ask(CODE)
            landing = visitor.visit(op.metadata["authorization_endpoint"], data=asked.sent)
            party.complete(CODE, asked, landing)

    def test_unsigned_id_tokens_are_not_offered_and_not_made(self, op: Provider) -> None:
        """oidcc-idtoken-unsigned: skipped by the plan where `none` is not offered; never half."""
        assert "none" not in op.metadata["id_token_signing_alg_values_supported"]
        assert op.register(id_token_signed_response_alg="none").json()["error"] == "invalid_client_metadata"
