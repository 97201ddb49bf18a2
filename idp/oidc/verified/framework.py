"""The trust framework `cn_realname` (docs/trust-framework.md): what a proof is called outside, who may have what of it, and what
of all this the sources of an installation bring about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from idp.core.identifiers import DocumentKind
from idp.oidc.registration.client_metadata import DYNAMIC
from idp.oidc.registration.clients import CONSENT, RegisteredClient
from idp.realname import counter, policy
from idp.realname.policy import WayKind
from idp.realname.ports import Capability, CheckMethod, Source, SubjectKind

NAME: Final = "cn_realname"
SCOPE: Final = "verified"
OF_PERSON: Final = ("name", "birthdate", "gender", "nationalities", "resident_id")
OF_ORGANISATION: Final = ("legal_person", "legal_representative", "role")
IN_ORDER: Final = OF_PERSON + OF_ORGANISATION
"""Every claim that can be vouched for, as pages list them."""
_OF_PROFILE: Final = ("name", "birthdate", "gender")
DOCUMENT, RECORD = "document", "electronic_record"
POPULATION_REGISTER, BUSINESS_REGISTER = "population_register", "business_register"
IDENTITY_PROVIDER: Final = "identity_provider"
_RECORDS: Final = {
    CheckMethod.DATA: POPULATION_REGISTER,
    CheckMethod.BIOMETRIC_REMOTE: POPULATION_REGISTER,  # a live face against the picture that the register holds
    CheckMethod.SIGNED_IN: IDENTITY_PROVIDER,
}
_PROCEDURES: Final = {
    CheckMethod.DATA: "register_comparison",
    CheckMethod.BIOMETRIC_REMOTE: "remote_face_comparison",
    CheckMethod.SIGNED_IN: "upstream_identity",
    CheckMethod.PRESENT: "counter_two_officers",
}
_DOCUMENTS: Final = {  # the first three words are the specification's, the others ours
    DocumentKind.RESIDENT_ID: "idcard",
    DocumentKind.PRC_PASSPORT: "passport",
    DocumentKind.FOREIGN_PASSPORT: "passport",
    DocumentKind.FOREIGN_PERMANENT_RESIDENT: "residence_permit",
    DocumentKind.HMT_RESIDENCE_PERMIT: "residence_permit",
    DocumentKind.HK_MACAO_TRAVEL_PERMIT: "travel_permit",
    DocumentKind.TAIWAN_TRAVEL_PERMIT: "travel_permit",
    DocumentKind.EXIT_PERMIT_HK_MACAO: "travel_permit",
    DocumentKind.EXIT_PERMIT_TAIWAN: "travel_permit",
}
_CHINA: Final = "CHN"
_HALL: Final = "政务服务大厅"


@dataclass(frozen=True, slots=True)
class Proof:
    """One verification of a person that counts now, by the numbers and words of its evidence."""

    id: str
    ial: int
    at: datetime
    source: str
    evidence_type: str
    check_method: str
    record: str
    """Type of the record, or of the document."""
    request_number: str | None
    is_chinese: bool = True
    """Whether the document is one of this country's."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one way of proof would bring about."""

    way: str
    """What the page of proof calls it; empty for one that begins with a sign-in elsewhere."""
    source: str
    level: int
    evidence_type: str
    check_method: str
    records: frozenset[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the configured sources can vouch for."""

    kinds: tuple[Kind, ...] = ()
    organizations: Mapping[str, str] = field(default_factory=dict)
    """Who stands behind a source, by its name."""

    def knows(self, proof: Proof) -> bool:
        """Whether the discovery document names this kind of evidence: nothing else leaves."""
        said = (proof.evidence_type, proof.check_method)
        return any(
            (kind.evidence_type, kind.check_method) == said and proof.record in kind.records for kind in self.kinds
        )

    def verification_of(self, proof: Proof) -> dict[str, Any]:
        """All that can be said of one verification, without its level; instants are still instants."""
        return {
            "trust_framework": NAME,
            "assurance_process": {"policy": NAME, "procedure": _PROCEDURES[CheckMethod(proof.check_method)]},
            "time": proof.at,
            "verification_process": proof.request_number or proof.id,
            "evidence": [self._evidence_of(proof)],
        }

    def metadata(self) -> dict[str, Any]:
        """The members of the discovery document."""
        if not self.kinds:
            return {"verified_claims_supported": False}
        documents = [kind for kind in self.kinds if kind.evidence_type == DOCUMENT]
        records = [kind for kind in self.kinds if kind.evidence_type == RECORD]
        told: dict[str, Any] = {
            "verified_claims_supported": True,
            "trust_frameworks_supported": [NAME],
            "claims_in_verified_claims_supported": self._claims(),
            "evidence_supported": _sorted(kind.evidence_type for kind in self.kinds),
        }
        if documents:
            told["documents_supported"] = _sorted(each for kind in documents for each in kind.records)
            told["documents_check_methods_supported"] = _sorted(kind.check_method for kind in documents)
        if records:
            told["electronic_records_supported"] = _sorted(each for kind in records for each in kind.records)
        return told

    def _claims(self) -> list[str]:
        has_register = any(BUSINESS_REGISTER in kind.records for kind in self.kinds)
        has_people = any(kind.records - {BUSINESS_REGISTER} for kind in self.kinds)
        return [*(OF_PERSON if has_people else ()), *(OF_ORGANISATION if has_register else ())]

    def _evidence_of(self, proof: Proof) -> dict[str, Any]:
        number = proof.request_number or proof.id
        organization = self.organizations.get(proof.source, proof.source)
        check = {
            "check_method": proof.check_method, "organization": organization, "check_id": number, "txn": number,
            "time": proof.at,
        }  # fmt: skip
        made: dict[str, Any] = {"type": proof.evidence_type, "check_details": [check]}
        if proof.evidence_type == DOCUMENT:
            issuer = {"issuer": {"country_code": _CHINA}} if proof.is_chinese else {}
            made["document_details"] = {"type": proof.record, **issuer}
        else:
            is_register = proof.check_method == CheckMethod.DATA
            made["record"] = {"type": proof.record} | (
                {"source": {"name": organization, "country_code": _CHINA}} if is_register else {}
            )
        return made


NOTHING: Final = Offer()


def offer(sources: Iterable[Source], *, has_counter: bool) -> Offer:
    """What these sources bring about, and the counter where there is one."""
    kinds, organizations = [], {}
    for source in sources:
        ports = {
            f"{WayKind.CHECK}:{source.name}": source.check, f"{WayKind.PHOTO}:{source.name}": source.photo,
            f"{WayKind.CHALLENGE}:{source.name}": source.challenge, "": source.sign_in,
        }  # fmt: skip
        found = [
            _kind(way, source.name, port.capability)
            for way, port in ports.items()
            if port is not None and _proves(port.capability)
        ]
        if (register := source.register) is not None:
            found.append(_kind("", source.name, register.capability, frozenset({BUSINESS_REGISTER})))
        organizations[source.name] = source.label  # a licence is no kind of its own here, and is named all the same
        kinds.extend(found)
    if has_counter:
        organizations[counter.SOURCE] = _HALL
        kinds.append(_kind(policy.COUNTER, counter.SOURCE, counter.CAPABILITY))
    return Offer(tuple(dict.fromkeys(kinds)), organizations)


def allowed(client: RegisteredClient) -> frozenset[str]:
    """The claims that may be vouched for to this site: what it is registered for, by `profile` only where an
    operator looked at the site, and the person says yes."""
    registered = frozenset(client.metadata.scopes)
    of_organisation = frozenset(OF_ORGANISATION if "legal" in registered else ())
    if registered & {"realname", SCOPE}:
        return of_organisation | frozenset(OF_PERSON)
    if "profile" in registered and client.release_basis == CONSENT and client.origin != DYNAMIC:
        return of_organisation | frozenset(_OF_PROFILE)
    return of_organisation


def record_of(evidence_type: str, check_method: str, document_kind: str) -> str:
    """What the record or the document behind a person's evidence is called."""
    if evidence_type == DOCUMENT:
        return _DOCUMENTS[DocumentKind(document_kind)]
    return _RECORDS.get(CheckMethod(check_method), POPULATION_REGISTER)


def _proves(capability: Capability) -> bool:
    return (
        capability.subject_kind is SubjectKind.NATURAL_PERSON
        and capability.assurance_level > 0
        and capability.evidence in {DOCUMENT, RECORD}
    )


def _kind(way: str, source: str, capability: Capability, records: frozenset[str] | None = None) -> Kind:
    method = capability.check_method.value
    if records is None:
        records = frozenset(record_of(capability.evidence, method, each) for each in capability.documents)
    return Kind(way, source, int(capability.assurance_level), capability.evidence, method, records)


def _sorted(words: Iterable[str]) -> list[str]:
    return sorted(set(words))
