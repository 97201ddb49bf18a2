"""Signing in with an Alipay account: an account is proven, a person is not."""

import json
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.realname.adapters.alipay import asking as requests_of_ours
from idp.realname.ports import (
    AssuranceLevel,
    CheckMethod,
    ExternalIdentity,
    Refutation,
    Refuted,
    Surface,
    Unavailable,
)
from sandbox.alipay import keys
from tests.contract.alipay.asking import SIGN_IN, Phone, ScriptedHttp, options_for, soon, source_of
from tests.contract.population.asking import at_once
from tests.sandbox import alipay_agreed as agreed
from tests.sandbox.served import ServedSandbox


@pytest.fixture
def sign_in(source):
    return source.sign_in


def finish(sign_in, back):
    return sign_in.finish(back, "", SIGN_IN, soon())


def test_it_suits_everything_but_wechat(sign_in):
    assert [surface for surface in Surface if not sign_in.suits(surface)] == [Surface.IN_WECHAT]


def test_the_authorisation_address_is_as_documented(sandbox, sign_in):
    url = urlsplit(sign_in.begin("state+/=", SIGN_IN).url)

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{sandbox.url}/oauth2/publicAppAuthorize.htm"
    assert parse_qs(url.query) == {
        "app_id": [agreed.APP_ID],
        "scope": ["auth_base"],
        "redirect_uri": [agreed.REDIRECT_URI],
        "state": ["state+/="],
    }


def test_an_account_is_known_by_both_its_names_and_raises_nothing(sign_in, phone, http):
    back = phone.agree(sign_in.begin("s", SIGN_IN).url)
    assert (back["app_id"], back["source"], back["state"]) == (agreed.APP_ID, "alipay_wallet", "s")
    found = finish(sign_in, back)

    assert isinstance(found, ExternalIdentity)
    assert (found.level, found.applicant) == (AssuranceLevel.REGISTERED, None)
    assert found.key.startswith(f"{agreed.APP_ID}:open_id:")
    assert found.aliases[0] == found.key
    assert found.aliases[1].startswith(f"{agreed.APP_ID}:user_id:2088")
    query, body = http.parameters()
    assert body == {"grant_type": "authorization_code", "code": back["auth_code"]}
    assert "biz_content" not in query
    assert http.methods() == ["alipay.system.oauth.token"]  # nothing else is asked unless wanted
    assert sign_in.capability.check_method is CheckMethod.SIGNED_IN
    assert not sign_in.capability.attests


def test_the_same_account_has_the_same_key_and_others_have_others(sign_in, phone):
    def signed_in(account):
        return finish(sign_in, phone.agree(sign_in.begin("s", SIGN_IN).url, account)).key

    assert signed_in("person-01") == signed_in("person-01") != signed_in("company-01")


def test_the_nickname_is_read_when_the_installation_wants_it(sandbox, http, phone):
    sign_in = source_of(options_for(sandbox.url, user_info=True), http).sign_in
    begun = sign_in.begin("s", SIGN_IN)
    assert "scope=auth_user" in begun.url

    found = finish(sign_in, phone.agree(begun.url))
    assert found.shown == "测**"
    assert found.level is AssuranceLevel.REGISTERED
    assert http.methods() == ["alipay.system.oauth.token", "alipay.user.info.share"]
    assert "auth_token" in http.parameters()[0]


def test_who_cannot_be_described_is_signed_in_without_a_nickname(sandbox, http, phone):
    sign_in = source_of(options_for(sandbox.url, user_info=True), http).sign_in
    back = phone.agree(sign_in.begin("s", SIGN_IN).url)
    sandbox.switch("alipay", "revoked_token")

    assert finish(sign_in, back).shown == ""


def test_who_declines_is_refuted_without_a_question(sign_in, phone, http):
    back = phone.agree(sign_in.begin("s", SIGN_IN).url, action="refuse")

    assert "auth_code" not in back
    assert finish(sign_in, back) == Refuted(Refutation.ABANDONED)
    assert http.sent == []


def test_a_code_serves_once_and_for_three_minutes(sandbox, sign_in, phone):
    back = phone.agree(sign_in.begin("s", SIGN_IN).url)
    assert isinstance(finish(sign_in, back), ExternalIdentity)
    assert finish(sign_in, back) == Refuted(Refutation.ABANDONED)

    late = phone.agree(sign_in.begin("s", SIGN_IN).url)
    sandbox.travel(181)
    assert finish(sign_in, late) == Refuted(Refutation.ABANDONED)


def test_of_many_who_bring_the_same_code_one_is_signed_in(sign_in, phone):
    back = phone.agree(sign_in.begin("s", SIGN_IN).url)
    outcomes = at_once(8, lambda: finish(sign_in, back))

    assert Counter(type(each) for each in outcomes) == {ExternalIdentity: 1, Refuted: 7}


def test_a_return_for_another_application_is_refused(sign_in, http):
    outcome = finish(sign_in, {"app_id": "2021000000000009", "auth_code": "x"})

    assert outcome == Refuted(Refutation.NOT_ALLOWED)
    assert http.sent == []


@pytest.mark.parametrize("told", ["open_id", "user_id"])
def test_an_application_that_learns_one_name_goes_by_that(told, tmp_path, http):
    with ServedSandbox(tmp_path, parts={"alipay": agreed.table(identifiers=told)}) as sandbox:
        sign_in = source_of(options_for(sandbox.url), http).sign_in
        found = finish(sign_in, Phone(sandbox).agree(sign_in.begin("s", SIGN_IN).url))

    assert found.aliases == (found.key,)
    assert found.key.startswith(f"{agreed.APP_ID}:{told}:")


def answered(**changed):
    """A token answer with these members, signed by Alipay."""
    members = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "user_id": "2088720000000001"} | changed
    text = json.dumps({name: value for name, value in members.items() if value is not None})
    signature = keys.sign(agreed.key("alipay"), text)
    return f'{{"alipay_system_oauth_token_response":{text},"sign":"{signature}"}}'.encode()


def scripted(**changed):
    return source_of(options_for("http://127.0.0.1:9"), ScriptedHttp(answered(**changed))).sign_in


@pytest.mark.parametrize("lasts", [3600, "3600", 0])
def test_lifetimes_come_as_numbers_or_text(lasts):
    assert isinstance(finish(scripted(expires_in=lasts), {"auth_code": "c"}), ExternalIdentity)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"expires_in": "soon"}, "broken_answer"),
        ({"expires_in": None}, "broken_answer"),
        ({"expires_in": True}, "broken_answer"),
        ({"user_id": None}, "no_identity"),
        ({"user_id": ""}, "no_identity"),
        ({"user_id": "1088720000000001"}, "broken_answer"),
        ({"user_id": 2088720000000001}, "broken_answer"),
        ({"open_id": "with space"}, "broken_answer"),
        ({"access_token": None}, "broken_answer"),
        ({"code": "40001", "sub_code": "isv.missing-method"}, "gateway:40001:isv.missing-method"),
        ({"code": 10000}, "gateway:?"),
    ],
)
def test_an_answer_that_does_not_say_who_it_is_signs_nobody_in(changed, reason):
    assert finish(scripted(**changed), {"auth_code": "c"}) == Unavailable(reason)


def test_a_spent_code_may_be_told_of_under_another_name():
    told = '{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.code-invalid","sub_msg":"授权码code无效"}'
    body = f'{{"error_response":{told},"sign":"{keys.sign(agreed.key("alipay"), told)}"}}'.encode()
    sign_in = source_of(options_for("http://127.0.0.1:9"), ScriptedHttp(body)).sign_in

    assert finish(sign_in, {"auth_code": "c"}) == Refuted(Refutation.ABANDONED)


def test_an_unsigned_refusal_of_a_code_is_no_refusal():
    told = b'{"error_response":{"code":"40002","sub_code":"isv.code-invalid"}}'
    sign_in = source_of(options_for("http://127.0.0.1:9"), ScriptedHttp(told)).sign_in

    assert finish(sign_in, {"auth_code": "c"}) == Unavailable("unsigned:40002:isv.code-invalid")


def test_a_success_code_does_no_harm():
    assert isinstance(finish(scripted(code="10000"), {"auth_code": "c"}), ExternalIdentity)


def test_somebody_elses_description_is_not_taken(sandbox, http):
    told = '{"code":"10000","msg":"Success","user_id":"2088720000000002","nick_name":"别人"}'
    signature = keys.sign(agreed.key("alipay"), told)
    shared = f'{{"alipay_user_info_share_response":{told},"sign":"{signature}"}}'.encode()
    options = options_for("http://127.0.0.1:9", user_info=True)
    sign_in = source_of(options, ScriptedHttp(answered(), shared)).sign_in

    assert finish(sign_in, {"auth_code": "c"}) == Unavailable("other_person")


def test_nothing_secret_shows(sign_in, phone):
    back = phone.agree(sign_in.begin("s", SIGN_IN).url)
    found = finish(sign_in, back)

    assert found.key not in repr(found)
    asked = requests_of_ours.Asked("m", plain={"code": back["auth_code"]}, auth_token="t0ken")
    assert back["auth_code"] not in repr(asked)
    assert "t0ken" not in repr(asked)
