"""An unknown certificate is believed when it is the one asked for, under our root, valid, and signed the answer itself."""

import base64
import json
from collections.abc import Callable

import pytest

from idp.core import partner_certificates, rsa_keys
from idp.realname.adapters.alipay import answers, certificate_numbers
from idp.realname.adapters.alipay.answers import Answer
from idp.realname.adapters.alipay.trust import AgreedKey, Certificates, Untrusted
from sandbox.alipay import keys
from tests.contract.population.asking import at_once
from tests.sandbox import alipay_agreed as agreed

OWN = agreed.authority()
KNOWN = OWN.certificate("alipay")
NEW = OWN.certificate("alipay-new")


def number(pem: str) -> str:
    return certificate_numbers.of(partner_certificates.read_one(pem))


def answer(named: str | None, signer: str, content: str = '{"code":"10000"}') -> Answer:
    signature = keys.sign(agreed.key(signer), content)
    members = f',"alipay_cert_sn":"{named}"' if named else ""
    return answers.read(f'{{"m_response":{content}{members},"sign":"{signature}"}}'.encode(), "m")


def brings(pem: str, named: str, signer: str) -> Callable[[str], Answer]:
    """A download that answers with this certificate, signed with that key under that number."""
    content = json.dumps({"code": "10000", "alipay_cert_content": base64.b64encode(pem.encode()).decode()})
    return lambda _: answer(named, signer, content)


def nothing(_: str) -> Answer:
    pytest.fail("no certificate is asked for")


@pytest.fixture
def trust():
    return Certificates(partner_certificates.read_one(KNOWN), partner_certificates.read_all(agreed.pem(OWN.root)))


def test_a_known_certificate_is_not_asked_for(trust):
    trust.verify(answer(number(KNOWN), "alipay"), nothing)


@pytest.mark.parametrize(("named", "signer"), [(KNOWN, "alipay"), (NEW, "alipay-new")])
def test_a_new_certificate_comes_signed_by_the_known_or_by_itself(trust, named, signer):
    trust.verify(answer(number(NEW), "alipay-new"), brings(NEW, number(named), signer))
    trust.verify(answer(number(NEW), "alipay-new"), nothing)  # and is kept


def test_many_who_meet_a_new_certificate_at_once_all_go_on(trust):
    outcomes = at_once(
        6, lambda: trust.verify(answer(number(NEW), "alipay-new"), brings(NEW, number(NEW), "alipay-new"))
    )

    assert outcomes == [None] * 6


ELSEWHERE = agreed.authority("other").certificate("alipay-new")
ENDED = OWN.certificate("alipay-new", days=-1, since=30)
TO_COME = OWN.certificate("alipay-new", since=-2)
BY_A_LEAF = agreed.pem(
    agreed.made_certificate(
        "leaf", agreed.key("leaf").public_key(), agreed.distinguished("alipay"), agreed.key("alipay")
    )
)


@pytest.mark.parametrize(
    ("asked", "pem", "named", "signer"),
    [
        (NEW, KNOWN, KNOWN, "alipay"),  # another one than was asked for
        (ELSEWHERE, ELSEWHERE, ELSEWHERE, "alipay-new"),  # under no root of ours
        (ENDED, ENDED, KNOWN, "alipay"),
        (TO_COME, TO_COME, KNOWN, "alipay"),
        (BY_A_LEAF, BY_A_LEAF + KNOWN, KNOWN, "alipay"),  # made by one that may not make any
        (NEW, NEW, ELSEWHERE, "alipay-new"),  # vouched for by a third, unknown one
        (NEW, NEW, KNOWN, "alipay-new"),  # signed by another than it says
        (NEW, "no certificate", KNOWN, "alipay"),
    ],
)
def test_other_certificates_are_not_believed(trust, asked, pem, named, signer):
    named_answer = answer(number(asked), "leaf" if asked is BY_A_LEAF else "alipay-new")

    with pytest.raises(Untrusted):
        trust.verify(named_answer, brings(pem, number(named), signer))


def test_a_new_certificate_whose_key_did_not_sign_the_answer_is_of_no_use(trust):
    with pytest.raises(Untrusted):
        trust.verify(answer(number(NEW), "another"), brings(NEW, number(KNOWN), "alipay"))


def test_an_answer_that_names_no_certificate_is_not_believed(trust):
    with pytest.raises(Untrusted):
        trust.verify(answer(None, "alipay"), nothing)


def test_a_download_without_content_is_not_believed(trust):
    with pytest.raises(Untrusted):
        trust.verify(answer(number(NEW), "alipay-new"), lambda _: answer(number(KNOWN), "alipay"))


@pytest.mark.parametrize("signature", ["", "!", "AAAA", "c2ln"])
def test_a_signature_that_is_none_is_not_believed(signature):
    told = answers.read(f'{{"m_response":{{}},"sign":"{signature}"}}'.encode(), "m")

    with pytest.raises(Untrusted):
        AgreedKey(rsa_keys.public_key(agreed.public_pem("alipay"))).verify(told, nothing)
