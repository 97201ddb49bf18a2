"""Name, resident number checked against a carrier's register: a complete source in one module of a package of its own."""

import base64
import json
from dataclasses import dataclass

from idp.core import clock, crypto, strict_json
from idp.core.deadline import Deadline
from idp.core.http import HttpClient, HttpUnavailable
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Outcome,
    Refutation,
    Refuted,
    Source,
    SubjectKind,
    Unavailable,
    Verified,
)
from idp.realname.sources import Adapter, Tools

_ATTESTED = frozenset({"name", "resident_id"})
_REFUSALS = {"02": Refutation.MISMATCH, "03": Refutation.NOT_FOUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the carrier issued."""

    endpoint: str
    """Scheme, host and port of the carrier's gateway."""
    app_key: Secret
    """What signs our requests."""

    def __post_init__(self) -> None:
        option_rules.base_address("endpoint", self.endpoint)


@dataclass(frozen=True, slots=True)
class CarrierCheck:
    """Asks once; retrying, limiting, recording and deciding are the engine's."""

    source: str
    options: Options
    http: HttpClient

    channel = "carrier_gateway"
    capability = Capability(SubjectKind.NATURAL_PERSON, _ATTESTED, AssuranceLevel.ON_RECORD, "electronic_record")

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        body = json.dumps({"name": applicant.name, "number": applicant.resident_id, "at": clock.epoch()}).encode()
        signature = base64.b64encode(crypto.hmac_sha256(self.options.app_key.reveal().encode(), body)).decode()
        try:
            answer = self.http.request(
                "POST",
                f"{self.options.endpoint}/check",
                headers={"Content-Type": "application/json", "Signature": signature},
                body=body,
                deadline=deadline,
            )
            told = strict_json.loads(answer.body)
        except HttpUnavailable as lost:
            return Unavailable(lost.reason)
        except ValueError:
            return Unavailable("broken_json")
        match told:
            case {"result": "01", "serial": str(serial)} if answer.status == 200:
                return Verified(_ATTESTED, serial[:64])
            case {"result": "02" | "03" as code, "serial": str(serial)} if answer.status == 200:
                return Refuted(_REFUSALS[code], serial[:64])
        return Unavailable("unexpected_answer")


def _build(name: str, options: Options, tools: Tools) -> Source:
    check = CarrierCheck(name, options, tools.http)
    return Source(name, "运营商实名库", check=check, addresses=(options.endpoint,))


ADAPTER = Adapter(Options, _build)
