"""The complete exchange that the population adapter and the sandbox must agree on, byte for byte."""

import base64
import hashlib
import hmac
import re
import uuid
from html import unescape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.sandbox.served import ServedSandbox

APP_ID = "gw-app-001"
APP_KEY = "gw-appkey-0001"
RTIME = 1700000000000
REQUEST_NUMBER = "5f0c1d2e3a4b4c5d8e9f001122334455"
SERVICE = "/proxy/api/GK_GXFW_SFHC"

REQUEST = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:web="http://webservice.com/"><soapenv:Header/><soapenv:Body>\n'
    '<web:GK_GXFW_SFHC><web:in0><![CDATA[<?xml version="1.0" encoding="UTF-8"?><PACKAGE><PACKAGEHEAD>'
    "<FWQQBH>5f0c1d2e3a4b4c5d8e9f001122334455</FWQQBH><QQBWDM>370000</QQBWDM>"
    "<QQBWMC>省政务服务用户认证中心</QQBWMC><SJLYXTDM>SSO</SJLYXTDM><SJLYXTMC>全省统一身份认证系统</SJLYXTMC><JLS>1</JLS>"
    "<FSSJ>20231115061320</FSSJ><QQRGMSFHM>370199198503070025</QQRGMSFHM><QQRXM>测试乙</QQRXM>"
    "<QQRDWDM>370000000000</QQRDWDM><QQRDWMC>省政府办公厅</QQRDWMC><QQYWLXDM>01</QQYWLXDM>"
    "<QQYWLXMC>用户实名核验</QQYWLXMC><QQYWXTDM>SSO</QQYWXTDM><QQYWXTMC>全省统一身份认证系统</QQYWXTMC></PACKAGEHEAD>"
    '<DATA><RECORD no="1"><GMSFHM>370199198503070017</GMSFHM><XM>测试甲</XM></RECORD></DATA></PACKAGE>]]></web:in0>'
    "<web:in1>sandbox-user</web:in1><web:in2>c2FuZGJveC1wd2Q=</web:in2></web:GK_GXFW_SFHC>\n"
    "</soapenv:Body></soapenv:Envelope>"
)


def sign(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def decrypt(seed: str, sealed: str) -> str:
    key = hashlib.sha1(hashlib.sha1(seed.encode()).digest()).digest()[:16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(b"AESCBCPKCS5Paddi")).decryptor()
    padded = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    return padded[: -padded[-1]].decode()


def signed_headers(key: str, rtime: int, app_id: str = APP_ID) -> dict[str, str]:
    return {
        "gateway_appid": app_id,
        "gateway_rtime": str(rtime),
        "gateway_sig": sign(key, f"{app_id}{rtime}"),
    }


def get_secret(sandbox: ServedSandbox) -> str:
    answer = sandbox.post("/proxy/auth/token", headers=signed_headers(APP_KEY, sandbox.now_ms())).json()
    return decrypt(APP_KEY, answer["body"]["access_token"])


def request_about(number: str, name: str, request_number: str | None = None) -> str:
    return (
        REQUEST.replace(REQUEST_NUMBER, request_number or uuid.uuid4().hex)
        .replace("370199198503070017", number)
        .replace("测试甲", name)
    )


def call(sandbox: ServedSandbox, body: str | bytes, *, secret: str | None = None, **extra: str) -> "Answer":
    headers = signed_headers(secret or get_secret(sandbox), sandbox.now_ms())
    headers |= {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""', **extra}
    answer = sandbox.post(SERVICE, data=body.encode() if isinstance(body, str) else body, headers=headers)
    return Answer(answer.status_code, answer.headers["Content-Type"], answer.text)


class Answer:
    """One answer of the service, with the escaped package opened."""

    def __init__(self, status: int, content_type: str, text: str) -> None:
        self.status, self.content_type, self.text = status, content_type, text
        inner = re.search(r"<ns1:out>(.*)</ns1:out>", text, re.DOTALL)
        self.package = unescape(inner[1]) if inner else ""

    def value(self, name: str) -> str:
        found = re.search(rf"<{name}>(.*?)</{name}>", self.package)
        return found[1] if found else ""
