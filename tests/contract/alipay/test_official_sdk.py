"""The platform's own Python SDK as a second opinion: it reads what we write, and the sandbox believes what it writes."""

import base64
import json
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlsplit

import pytest
from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.domain.AlipayUserCertifyOpenCertifyModel import AlipayUserCertifyOpenCertifyModel
from alipay.aop.api.domain.AlipayUserCertifyOpenInitializeModel import AlipayUserCertifyOpenInitializeModel
from alipay.aop.api.domain.AlipayUserCertifyOpenQueryModel import AlipayUserCertifyOpenQueryModel
from alipay.aop.api.domain.OpenCertifyIdentityParam import OpenCertifyIdentityParam
from alipay.aop.api.domain.OpenCertifyMerchantConfig import OpenCertifyMerchantConfig
from alipay.aop.api.exception.Exception import ResponseException
from alipay.aop.api.request.AlipaySystemOauthTokenRequest import AlipaySystemOauthTokenRequest
from alipay.aop.api.request.AlipayUserCertifyOpenCertifyRequest import AlipayUserCertifyOpenCertifyRequest
from alipay.aop.api.request.AlipayUserCertifyOpenInitializeRequest import AlipayUserCertifyOpenInitializeRequest
from alipay.aop.api.request.AlipayUserCertifyOpenQueryRequest import AlipayUserCertifyOpenQueryRequest
from alipay.aop.api.request.AlipayUserInfoShareRequest import AlipayUserInfoShareRequest
from alipay.aop.api.util import EncryptUtils, SignatureUtils, WebUtils
from Crypto.Cipher import AES
from cryptography.hazmat.primitives.serialization import PrivateFormat

from idp.core import rsa_keys
from idp.core.secret import Secret
from idp.realname.adapters.alipay import asking
from idp.realname.adapters.alipay.asking import Asked, Writer
from tests.contract.alipay.asking import DESK, PERSON, SIGN_IN, options_for, soon, source_of
from tests.sandbox import alipay_agreed as agreed


def _connection(url: str, query: str, timeout: float):
    """The SDK knows the ports 80 and 443 only."""
    parts = urlsplit(url)
    return f"{parts.path}?{query}", HTTPConnection(parts.hostname, parts.port, timeout=timeout)


class _Cipher:
    """The SDK hands text to a library that has taken bytes only for years: this puts the bytes between."""

    MODE_CBC = AES.MODE_CBC

    def __init__(self, cipher) -> None:
        self._cipher = cipher

    @classmethod
    def new(cls, key, mode, iv):
        return cls(AES.new(key, mode, iv.encode("latin-1")))

    def encrypt(self, plain):
        return self._cipher.encrypt(plain.encode())

    def decrypt(self, sealed):
        return self._cipher.decrypt(sealed)


@pytest.fixture(autouse=True)
def _beijing(monkeypatch):
    """The SDK writes the time of its machine, and the platform reads it as Beijing's."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    monkeypatch.setattr(EncryptUtils, "AES", _Cipher)
    monkeypatch.setattr(WebUtils, "get_http_connection", _connection)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(params=["plain", "aes"])
def sdk(request, sandbox):
    config = AlipayClientConfig()
    config.server_url = f"{sandbox.url}/gateway.do"
    config.app_id = agreed.APP_ID
    config.app_private_key = agreed.bare(agreed.private_pem("app", PrivateFormat.TraditionalOpenSSL))
    config.alipay_public_key = agreed.bare(agreed.public_pem("alipay"))
    if request.param == "aes":
        config.encrypt_type, config.encrypt_key = "AES", agreed.AES_KEY
    return DefaultAlipayClient(config)


def initialize(order: str) -> AlipayUserCertifyOpenInitializeRequest:
    identity = OpenCertifyIdentityParam()
    identity.identity_type, identity.cert_type = "CERT_INFO", "IDENTITY_CARD"
    identity.cert_name, identity.cert_no = "测试甲", "370199198503070017"
    config = OpenCertifyMerchantConfig()
    config.return_url = agreed.RETURN_URL
    model = AlipayUserCertifyOpenInitializeModel()
    model.outer_order_no, model.biz_code = order, "FACE"
    model.identity_param, model.merchant_config = identity, config
    return AlipayUserCertifyOpenInitializeRequest(biz_model=model)


def ticket_of(request, ticket, model):
    model.certify_id = ticket
    return request(biz_model=model)


def test_the_sdk_scans_a_face_in_the_sandbox(sdk, sandbox):
    begun = json.loads(sdk.execute(initialize(f"SDK{time.time_ns()}")))
    assert begun["code"] == "10000"
    opening = ticket_of(AlipayUserCertifyOpenCertifyRequest, begun["certify_id"], AlipayUserCertifyOpenCertifyModel())
    page = sandbox.session.get(sdk.page_execute(opening, "GET"), timeout=10)
    done = sandbox.session.post(page.url, data={"action": "match"}, timeout=10, allow_redirects=False)
    asked = ticket_of(AlipayUserCertifyOpenQueryRequest, begun["certify_id"], AlipayUserCertifyOpenQueryModel())

    assert done.headers["Location"] == agreed.RETURN_URL
    assert json.loads(sdk.execute(asked))["passed"] == "T"


def test_the_sdk_signs_somebody_in(sdk, sandbox, source, phone):
    url = source.sign_in.begin("s", SIGN_IN).url.replace("auth_base", "auth_user")
    request = AlipaySystemOauthTokenRequest()
    request.grant_type, request.code = "authorization_code", phone.agree(url)["auth_code"]
    granted = json.loads(sdk.execute(request))
    share = AlipayUserInfoShareRequest()
    share.udf_params = {"auth_token": granted["access_token"]}

    assert granted["user_id"].startswith("2088")
    assert json.loads(sdk.execute(share))["user_id"] == granted["user_id"]


@pytest.mark.parametrize("fault", ["wrong_signature", "tampered", "unsigned"])
def test_the_sdk_refuses_what_we_refuse(sdk, sandbox, fault):
    sandbox.switch("alipay", fault)

    with pytest.raises(ResponseException):
        sdk.execute(initialize(f"SDK{time.time_ns()}"))


def test_the_sdk_verifies_our_signature_over_its_own_string():
    writer = Writer.of(options_for("https://alipay.example"))
    signed = writer.write(Asked("alipay.user.certify.open.query", {"certify_id": "甲"}), datetime.now(UTC))
    parameters = dict(parse_qsl(signed.query) + parse_qsl(signed.body))
    signature = parameters.pop("sign")

    text = SignatureUtils.get_sign_content(parameters)
    assert text == asking.string_to_sign(parameters)
    public = agreed.bare(agreed.public_pem("app"))
    assert SignatureUtils.verify_with_rsa(public, text.encode(), signature)


def test_the_sdk_and_we_sign_the_same_bytes_the_same_way():
    parameters = {"app_id": "1", "method": "m", "biz_content": '{"name":"测试"}'}
    private = agreed.bare(agreed.private_pem("app", PrivateFormat.TraditionalOpenSSL))
    text = SignatureUtils.get_sign_content(parameters)

    ours = rsa_keys.private_key(agreed.private_pem("app")).sign(text.encode())
    theirs = base64.b64decode(SignatureUtils.sign_with_rsa2(private, text, "utf-8"))
    assert theirs == ours  # PKCS#1 v1.5 leaves nothing to chance


def test_the_sdk_and_we_open_each_others_content():
    key = base64.b64decode(agreed.AES_KEY)
    text = '{"cert_name":"测试甲"}'

    assert EncryptUtils.encrypt_content(text, "AES", agreed.AES_KEY, "utf-8") == asking.encrypted(key, text)
    assert EncryptUtils.decrypt_content(asking.encrypted(key, text), "AES", agreed.AES_KEY, "utf-8") == text


def test_we_place_parameters_where_the_sdk_does(sdk, http, sandbox, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "alipay.aop.api.DefaultAlipayClient.do_post",
        lambda url, query, headers, params, *rest: sent.append((query, params)) or b"",
    )
    with pytest.raises(ResponseException):
        sdk.execute(initialize("SDK1"))
    [(query, params)] = sent
    aes = Secret(agreed.AES_KEY if "encrypt_type" in query else "")
    source_of(options_for(sandbox.url, aes_key=aes), http).challenge.start(PERSON, DESK, soon())
    ours_query, ours_body = http.parameters()

    assert set(ours_query) == set(dict(parse_qsl(query)))
    assert set(ours_body) == set(params)
    assert urlsplit(http.sent[0][0]).path == "/gateway.do"
