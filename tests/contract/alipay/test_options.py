"""A wrong member of the block stops the start, and is named."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import sources
from idp.realname.adapters.alipay import ADAPTER
from idp.realname.blocks import Block
from idp.realname.sources import Tools
from tests.contract.alipay.asking import RecordingHttp, options_for, source_of
from tests.sandbox import alipay_agreed as agreed

URL = "https://alipay.example"


def pem_of(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def block(tmp_path: Path, **members) -> Block:
    given = {
        "app_id": agreed.APP_ID,
        "app_private_key": agreed.private_pem("app"),
        "alipay_public_key": agreed.public_pem("alipay"),
    }
    merged = {name: value for name, value in (given | members).items() if value is not None}
    return Block("alipay", "alipay", merged, tmp_path)


def certificates(**changed) -> dict[str, str]:
    own = agreed.authority()
    given = {
        "alipay_public_key": None,
        "app_cert": own.certificate("app"),
        "alipay_public_cert": own.certificate("alipay"),
        "alipay_root_cert": agreed.pem(own.root),
    }
    return given | changed


def built(made: Block):
    [source] = sources.configured((made,), Tools(RecordingHttp(), None, "https://sso.example.gov.cn"))
    return source


def test_a_block_with_a_key_is_enough(tmp_path):
    source = built(block(tmp_path))

    assert (source.name, source.label) == ("alipay", "支付宝")
    assert source.sign_in is not None
    assert source.challenge is not None
    assert source.addresses == (
        "https://openapi.alipay.com/gateway.do",
        "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm",
    )


def test_a_block_with_certificates_is_enough(tmp_path):
    assert built(block(tmp_path, **certificates())).challenge is not None


def test_keys_come_in_every_form_that_consoles_give(tmp_path):
    old = serialization.PrivateFormat.TraditionalOpenSSL
    (tmp_path / "app.pem").write_text(agreed.private_pem("app", old))
    forms = [
        {"app_private_key": agreed.private_pem("app", old)},
        {"app_private_key": agreed.bare(agreed.private_pem("app", old))},
        {"app_private_key": agreed.bare(agreed.private_pem("app"))},
        {"app_private_key": None, "app_private_key_file": "app.pem"},
        {"alipay_public_key": agreed.bare(agreed.public_pem("alipay"))},
    ]
    for form in forms:
        assert built(block(tmp_path, **form)).challenge is not None


@pytest.mark.parametrize(("uses", "has"), [(["sign_in"], (True, False)), (["face"], (False, True))])
def test_a_source_offers_what_it_is_used_for(tmp_path, uses, has):
    source = built(block(tmp_path, uses=uses))

    assert (source.sign_in is not None, source.challenge is not None) == has


@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("app_id", {"app_id": None}),
        ("app_id", {"app_id": "20210000"}),
        ("app_id", {"app_id": 2021000000000001}),
        ("app_private_key", {"app_private_key": None}),
        ("app_private_key", {"app_private_key": "not a key"}),
        ("app_private_key", {"app_private_key": agreed.public_pem("app")}),
        (
            "app_private_key",
            {"app_private_key": pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))},
        ),
        ("app_private_key", {"app_private_key": pem_of(ec.generate_private_key(ec.SECP256R1()))}),
        ("app_private_key_file", {"app_private_key": None, "app_private_key_file": "nowhere.pem"}),
        ("alipay_public_key", {"alipay_public_key": None}),
        ("alipay_public_key", {"alipay_public_key": agreed.private_pem("alipay")}),
        ("app_cert", {"app_cert": agreed.authority().certificate("app")}),
        ("app_cert", certificates(app_cert=None)),
        ("app_cert", certificates(app_cert="no certificate")),
        ("app_cert", certificates(app_cert=agreed.authority().certificate("another"))),
        ("app_cert", certificates(app_cert=agreed.pem(agreed.curve_root()))),
        ("alipay_public_cert", certificates(alipay_public_cert=None)),
        ("alipay_public_cert", certificates(alipay_public_cert=agreed.pem(agreed.curve_root()))),
        ("alipay_root_cert", certificates(alipay_root_cert=None)),
        ("alipay_root_cert", certificates(alipay_root_cert="中文")),
        ("alipay_root_cert", certificates(alipay_root_cert=agreed.pem(agreed.curve_root()))),
        ("aes_key", {"aes_key": "short"}),
        ("aes_key", {"aes_key": "AAECAwQFBgcICQoLDA0O"}),
        ("gateway_url", {"gateway_url": "openapi.alipay.com"}),
        ("gateway_url", {"gateway_url": "https://openapi.alipay.com/gateway.do?a=b"}),
        ("authorize_url", {"authorize_url": "ftp://alipay.example/"}),
        ("uses", {"uses": []}),
        ("uses", {"uses": ["payment"]}),
        ("product", {"product": "payment"}),
        ("biz_code", {"biz_code": "CERT_PHOTO"}),  # compares no face
        ("biz_code", {"biz_code": "FACE_SDK"}),  # needs an application of ours
        ("biz_code", {"product": "datadigital", "biz_code": "FACE"}),
        ("face_reserve_strategy", {"face_reserve_strategy": "reserve"}),
        ("cost", {"cost": -1}),
        ("answer_seconds", {"answer_seconds": 0}),
        ("user_info", {"user_info": "yes"}),
        ("sign_type", {"sign_type": "RSA"}),
    ],
)
def test_a_wrong_member_is_named(tmp_path, member, changed):
    with pytest.raises(ConfigurationError) as wrong:
        built(block(tmp_path, **changed))

    assert str(wrong.value).startswith(f"source [alipay] {member}:") or f"[alipay]: {member}:" in str(wrong.value)
    assert "PRIVATE KEY" not in str(wrong.value)


def test_options_show_no_secret():
    options = options_for(URL, aes_key=Secret(agreed.AES_KEY))

    assert "PRIVATE" not in repr(options)
    assert agreed.AES_KEY not in repr(options)


def test_the_cost_is_what_the_installation_pays():
    assert source_of(options_for(URL, cost=60), RecordingHttp()).challenge.capability.cost == 60


def test_the_adapter_is_found_by_its_name():
    assert sources.BUILT_IN["alipay"] == "idp.realname.adapters.alipay:ADAPTER"
    assert ADAPTER.options.__name__ == "Options"
