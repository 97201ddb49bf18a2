"""The SOAP envelope and the XML package of the population services: reading calls, writing answers."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox import xml_reader
from sandbox.registry import Finding
from sandbox.xml_reader import Element, XmlRefused

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACES = frozenset({"http://webservice.com/", "http://webservice.tongtech.com/"})
_REQUIRED_HEAD = (
    *("FWQQBH", "QQBWDM", "QQBWMC", "SJLYXTDM", "SJLYXTMC", "JLS", "FSSJ"),
    *("QQRGMSFHM", "QQRXM", "QQRDWDM", "QQRDWMC", "QQYWLXDM", "QQYWLXMC", "QQYWXTDM", "QQYWXTMC"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with its three strings."""

    namespace: str
    operation: str
    package: str = field(repr=False)
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One record of a request: whom it is about, and the live photo where one is compared."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    photo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Package:
    request_number: str
    records: Sequence[Asked] = field(repr=False)


def read_call(body: bytes) -> Call:
    """Read the SOAP request; XmlRefused when it is not one."""
    envelope = xml_reader.read(body)
    soap_body = envelope.child("Body")
    if (envelope.name, envelope.namespace) != ("Envelope", SOAP) or soap_body is None or soap_body.namespace != SOAP:
        raise XmlRefused("not a SOAP 1.1 envelope")
    if len(soap_body.children) != 1:
        raise XmlRefused("one operation expected")
    [operation] = soap_body.children
    if operation.namespace not in _NAMESPACES:
        raise XmlRefused("unknown namespace of the operation")
    package, user, password = (_text(operation, name) for name in ("in0", "in1", "in2"))
    return Call(operation.namespace, operation.name, package, user.strip(), password.strip())


def read_package(text: str) -> Package:
    """Read the package of in0; XmlRefused when a field of the head is missing or the count is wrong."""
    root = xml_reader.read(text.strip())
    head, data = root.child("PACKAGEHEAD"), root.child("DATA")
    if root.name != "PACKAGE" or head is None or data is None:
        raise XmlRefused("not a package")
    for name in _REQUIRED_HEAD:
        if not _text(head, name).strip():
            raise XmlRefused(f"{name} is empty")
    records = [_asked(record) for record in data.children if record.name == "RECORD"]
    if not 1 <= len(records) <= 10 or _text(head, "JLS") != str(len(records)):
        raise XmlRefused("JLS and the number of records differ")
    sent_at = _text(head, "FSSJ")
    if len(sent_at) != 14 or not (sent_at.isascii() and sent_at.isdigit()):
        raise XmlRefused("FSSJ is not a time")
    return Package(_text(head, "FWQQBH"), records)


def _asked(record: Element) -> Asked:
    photo = record.child("XCZP")
    try:
        picture = base64.b64decode(photo.text.strip(), validate=True) if photo is not None else None
    except binascii.Error:
        raise XmlRefused("XCZP is no Base64") from None
    return Asked(_text(record, "GMSFHM"), _text(record, "XM"), picture)


def answer_package(request_number: str, sent_at: str, code: str, message: str, findings: Sequence[Finding]) -> str:
    records = "".join(_record(position, finding) for position, finding in enumerate(findings, 1))
    return (
        f"<PACKAGE><PACKAGEHEAD><FFQQBH>{escape(request_number)}</FFQQBH><FSSJ>{sent_at}</FSSJ>"
        f"<FHDM>{escape(code)}</FHDM><FHMS>{escape(message)}</FHMS></PACKAGEHEAD>"
        f"<DATA>{records}</DATA></PACKAGE>"
    )


def answer_envelope(call: Call, package: str) -> str:
    name = f"{call.operation}Response"
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><ns1:{name} xmlns:ns1="{call.namespace}"><ns1:out>'
        f"{escape(package)}</ns1:out></ns1:{name}></soap:Body></soap:Envelope>"
    )


def fault_envelope(code: str, message: str) -> str:
    """A SOAP 1.1 fault (§4.4)."""
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:{escape(code)}</faultcode>'
        f"<faultstring>{escape(message)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )


def escape(text: str) -> str:
    for plain, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, reference)
    return text


def _record(position: int, finding: Finding) -> str:
    return (
        f'<RECORD no="{position}" code="{escape(finding.code)}" msg="{escape(finding.message)}">'
        f"<GMSFHM>{escape(finding.number)}</GMSFHM><GMSFHM_PPDDM>{finding.number_code}</GMSFHM_PPDDM>"
        f"<XM>{escape(finding.name)}</XM><XM_PPDDM>{finding.name_code}</XM_PPDDM>"
        f"<SWBS>{finding.cancelled}</SWBS>{_comparison(finding)}</RECORD>"
    )


def _comparison(finding: Finding) -> str:
    return f"<BDDM>{finding.photo_code}</BDDM><XSD>{finding.similarity}</XSD>" if finding.is_comparison else ""


def _text(parent: Element, name: str) -> str:
    child = parent.child(name)
    if child is None or child.children:
        raise XmlRefused(f"{name} is missing")
    return child.text
