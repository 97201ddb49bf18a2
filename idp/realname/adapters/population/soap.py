"""The wrapping of the population service: SOAP 1.1 around an XML package (items named in GA/T 1747-2020)."""

import base64
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from idp.core import clock
from idp.realname.adapters.exchange.road import Call
from idp.realname.adapters.population import plain_xml
from idp.realname.adapters.population.messages import Answer, EnvelopeBroken, Question, Record
from idp.realname.adapters.population.options import Options
from idp.realname.adapters.population.plain_xml import Element, XmlBroken

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_CODE = re.compile(r"[0-9A-Za-z]{1,8}")


@dataclass(frozen=True, slots=True)
class SoapEnvelope:
    """SOAP around the package, in the words of this installation's contract."""

    options: Options

    def wrap(self, question: Question) -> Call:
        body = build(self.options, question)
        return Call(question.service, body, "text/xml;charset=UTF-8", {"SOAPAction": '""'})

    def open(self, body: bytes, question: Question) -> Answer:
        return read(body, operation=question.operation)


def build(options: Options, question: Question) -> bytes:
    """The request for one person, as the registry's clients send it."""
    head = {
        "FWQQBH": question.request_number,
        "QQBWDM": options.department_code,
        "QQBWMC": options.department_name,
        "SJLYXTDM": options.system_code,
        "SJLYXTMC": options.system_name,
        "JLS": "1",
        "FSSJ": question.at.astimezone(clock.BEIJING).strftime("%Y%m%d%H%M%S"),
        "QQRGMSFHM": options.person_number,
        "QQRXM": options.person_name,
        "QQRDWDM": options.person_department_code,
        "QQRDWMC": options.person_department_name,
        "QQYWLXDM": options.business_code,
        "QQYWLXMC": options.business_name,
        "QQYWXTDM": options.system_code,
        "QQYWXTMC": options.system_name,
    }
    record = {"GMSFHM": question.applicant.resident_id, "XM": question.applicant.name}
    if question.jpeg is not None:
        record["XCZP"] = base64.b64encode(question.jpeg).decode("ascii")
    package = (
        f'<?xml version="1.0" encoding="UTF-8"?><PACKAGE><PACKAGEHEAD>{_elements(head)}</PACKAGEHEAD>'
        f'<DATA><RECORD no="1">{_elements(record)}</RECORD></DATA></PACKAGE>'
    )  # every ">" of a value is escaped, so the package cannot end the CDATA section
    password = base64.b64encode(options.soap_password.reveal().encode()).decode("ascii")
    operation = f"web:{question.operation}"
    return (
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}" xmlns:web="{_escape(options.namespace)}">'
        "<soapenv:Header/><soapenv:Body>\n"
        f"<{operation}><web:in0><![CDATA[{package}]]></web:in0><web:in1>{_escape(options.soap_user)}</web:in1>"
        f"<web:in2>{password}</web:in2></{operation}>\n"
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def read(body: bytes, *, operation: str) -> Answer:
    """Open the SOAP answer and the package inside it; EnvelopeBroken for anything else."""
    try:
        package = plain_xml.read(_package_of(plain_xml.read(body), operation).strip())
        return _answer_of(package)
    except XmlBroken:
        raise EnvelopeBroken("broken_xml") from None


def _package_of(envelope: Element, operation: str) -> str:
    if (envelope.name, envelope.namespace) != ("Envelope", _SOAP):
        raise EnvelopeBroken("no_soap")
    content = envelope.child("Body")
    if content is None or content.namespace != _SOAP or len(content.children) != 1:
        raise EnvelopeBroken("no_soap")
    [response] = content.children
    if (response.name, response.namespace) == ("Fault", _SOAP):
        raise EnvelopeBroken("soap_fault")
    out = response.child("out")
    if response.name != f"{operation}Response" or out is None or out.children:
        raise EnvelopeBroken("other_operation")
    return out.text


def _answer_of(package: Element) -> Answer:
    head, data = package.child("PACKAGEHEAD"), package.child("DATA")
    if package.name != "PACKAGE" or head is None:
        raise EnvelopeBroken("no_package")
    records = [element for element in data.children if element.name == "RECORD"] if data is not None else []
    if len(records) > 1:
        raise EnvelopeBroken("several_records")
    return Answer(_text(head, "FFQQBH"), _code(_text(head, "FHDM")), _record_of(records[0]) if records else None)


def _record_of(record: Element) -> Record:
    return Record(
        code=_code(record.attributes.get("code", "").strip()),
        message=record.attributes.get("msg", "").strip(),
        number=_text(record, "GMSFHM"),
        number_code=_text(record, "GMSFHM_PPDDM"),
        name_code=_text(record, "XM_PPDDM"),
        cancelled=_text(record, "SWBS"),
        photo_code=_code(_text(record, "BDDM")),
    )


def _text(parent: Element, name: str) -> str:
    """The text of a child that occurs once; empty when it is absent, broken when it is there twice."""
    found = [child for child in parent.children if child.name == name]
    if len(found) > 1 or (found and found[0].children):
        raise EnvelopeBroken("ambiguous")
    return found[0].text.strip() if found else ""


def _code(text: str) -> str:
    """A code fit for a log; what is none becomes a question mark, which no rule accepts."""
    return text if not text or _CODE.fullmatch(text) else "?"


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{_escape(value)}</{name}>" for name, value in values.items())


def _escape(text: str) -> str:
    return escape(text, {'"': "&quot;"})
