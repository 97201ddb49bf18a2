"""Signing in with WeChat on a desk, inside WeChat and from the mini program: who comes back, and by which names."""

from dataclasses import replace

import pytest

from idp.core.deadline import Deadline
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname.adapters.wechat import Options, WechatSignIn
from idp.realname.ports import AssuranceLevel, ExternalIdentity, Refutation, Refuted, Surface, Unavailable
from sandbox.wechat import PART
from tests.contract.sources import FaultContract
from tests.contract.wechat.asking import DESK, IN_WECHAT, STATE, allowed, options_for, signed_in


class TestFaultsOfSigningIn(FaultContract):
    part = PART
    reasons = {
        "busy": "busy:-1",
        "too_frequent": "back_off:45011",
        "not_on_the_list": "misconfigured:40164",
        "bad_secret": "misconfigured:40125",
        "unknown_code": "unknown:88888",
        "hang": "timeout",
        "garbage": "broken_answer",
        "half": "broken_answer",
        "no_members": "no_identity",
        "maintenance": "http_503",
    }
    otherwise = {"blocked": (Refuted,)}
    not_met = frozenset({"text_plain"})

    @pytest.fixture
    def asked(self, sandbox, sign_in):
        return lambda seconds: signed_in(sandbox, sign_in, seconds=seconds)


def test_the_address_of_the_code_is_written_as_wechat_wants_it(sandbox):
    sign_in = WechatSignIn(replace(options_for(sandbox), page_url="https://open.weixin.qq.com"), None)

    assert sign_in.begin(STATE, DESK).url == (
        "https://open.weixin.qq.com/connect/qrconnect?appid=wx-website-001"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fsign-in%2Fwith%2Fwechat%2Freturn"
        "&response_type=code&scope=snsapi_login&state=Abc123#wechat_redirect"
    )
    assert sign_in.begin(STATE, IN_WECHAT).url == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx-official-001"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fsign-in%2Fwith%2Fwechat%2Freturn"
        "&response_type=code&scope=snsapi_userinfo&state=Abc123#wechat_redirect"
    )


@pytest.mark.parametrize("state", ["", "a" * 129, "with-dash", "中"])
def test_a_state_that_wechat_would_not_carry_is_not_sent(sign_in, state):
    assert isinstance(sign_in.begin(state, DESK), Unavailable)


def test_where_it_is_offered(options, api):
    sign_in, nothing = WechatSignIn(options, api), Secret("")
    without_mini = replace(options, mini_page="")
    only_mini = replace(options, official_appid="", official_secret=nothing, website_appid="", website_secret=nothing)

    assert [surface for surface in Surface if sign_in.suits(surface)] == [Surface.DESK, Surface.IN_WECHAT]
    assert [surface for surface in Surface if WechatSignIn(only_mini, api).suits(surface)] == [Surface.IN_WECHAT]
    assert WechatSignIn(without_mini, api).suits(Surface.IN_WECHAT)


def test_one_person_is_the_same_in_every_application(sandbox, options, api, sign_in):
    nothing = Secret("")
    in_mini = WechatSignIn(replace(options, official_appid="", official_secret=nothing), api)
    desk, in_wechat = signed_in(sandbox, sign_in), signed_in(sandbox, sign_in, IN_WECHAT)
    mini = signed_in(sandbox, in_mini, IN_WECHAT)

    assert desk.key == in_wechat.key == mini.key
    assert desk.key.startswith("unionid:")
    assert len({desk.aliases, in_wechat.aliases, mini.aliases}) == 3
    assert desk.aliases[0].startswith("wx-website-001:")
    assert signed_in(sandbox, sign_in, user="person-02").key != desk.key


def test_without_a_unionid_the_name_belongs_to_its_application(sandbox, sign_in):
    with_it, without = signed_in(sandbox, sign_in), signed_in(sandbox, sign_in, no_unionid="1")

    assert without.aliases == ()
    assert (without.key,) == with_it.aliases


def test_it_raises_no_level_and_shows_nothing(sandbox, sign_in):
    identity = signed_in(sandbox, sign_in)

    assert (identity.applicant, identity.level, identity.shown) == (None, AssuranceLevel.REGISTERED, "")
    assert sign_in.capability.attests == frozenset()
    assert sign_in.capability.assurance_level is AssuranceLevel.REGISTERED
    assert identity.key.partition(":")[2] not in repr(identity)


def test_a_visitor_of_a_snapshot_is_nobody(sandbox, sign_in):
    assert signed_in(sandbox, sign_in, snapshot="1") == Refuted(Refutation.NOT_ALLOWED)


def test_who_declines_comes_back_without_a_code(sandbox, sign_in, http):
    answer, keep = allowed(sandbox, sign_in, action="deny")

    assert answer == {"state": STATE}
    assert sign_in.finish(answer, keep, DESK, Deadline.after(8)) == Refuted(Refutation.ABANDONED)
    assert http.sent == []


def test_a_code_is_spent_once_and_never_asked_about_twice(sandbox, sign_in, http):
    answer, keep = allowed(sandbox, sign_in)

    assert isinstance(sign_in.finish(answer, keep, DESK, Deadline.after(8)), ExternalIdentity)
    assert sign_in.finish(answer, keep, DESK, Deadline.after(8)) == Refuted(Refutation.ABANDONED)
    sandbox.switch("wechat", "busy")
    answer, keep = allowed(sandbox, sign_in)
    sign_in.finish(answer, keep, DESK, Deadline.after(8))
    assert http.paths() == ["/sns/oauth2/access_token"] * 3


def test_a_code_ends_and_serves_its_application_only(sandbox, sign_in):
    answer, keep = allowed(sandbox, sign_in)
    sandbox.travel(601)
    assert sign_in.finish(answer, keep, DESK, Deadline.after(8)) == Refuted(Refutation.ABANDONED)
    sandbox.travel_home()
    answer, _ = allowed(sandbox, sign_in)
    assert sign_in.finish(answer, "official", DESK, Deadline.after(8)) == Refuted(Refutation.ABANDONED)


@pytest.mark.parametrize("code", ["", "a b", "中", "a" * 513])
def test_what_cannot_be_a_code_is_not_sent(sign_in, http, code):
    assert sign_in.finish({"code": code}, "website", DESK, Deadline.after(8)) == Refuted(Refutation.ABANDONED)
    assert http.sent == []


def test_what_cannot_be_a_code_of_the_mini_program_is_no_trouble_of_wechats(sign_in, http):
    outcome = sign_in.finish({"js_code": "a" * 300}, "mini", DESK, Deadline.after(8))

    assert outcome == Refuted(Refutation.ABANDONED)
    assert http.sent == []


def test_an_answer_as_plain_text_is_read(sandbox, sign_in):
    sandbox.switch("wechat", "text_plain")

    assert isinstance(signed_in(sandbox, sign_in), ExternalIdentity)


def test_a_wrong_secret_is_ours_to_mend(sandbox, options, api):
    wrong = WechatSignIn(replace(options, website_secret=Secret("other")), api)

    assert signed_in(sandbox, wrong) == Unavailable("misconfigured:40125")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "one of them is required"),
        ({"website_appid": "wx1"}, "website_secret"),
        ({"website_secret": Secret("s")}, "website_appid"),
        ({"website_appid": "w x", "website_secret": Secret("s")}, "website_appid"),
        ({"website_appid": "wx1", "website_secret": Secret("s"), "face_link": "https://x.example"}, "mini_appid"),
        ({"mini_appid": "wx1", "mini_secret": Secret("s"), "face_version": 3}, "face_version"),
        ({"mini_appid": "wx1", "mini_secret": Secret("s"), "face_link": "javascript:1"}, "face_link"),
        ({"mini_appid": "wx1", "mini_secret": Secret("s"), "api_url": "ftp://x.example"}, "api_url"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_by_name(given, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        Options(**given)
