"""The server's token is fetched once, kept, renewed by one caller before its end, and replaced when WeChat drops it."""

from idp.core.deadline import Deadline
from idp.realname.adapters.wechat.api import WechatTrouble
from tests.contract.population.asking import at_once, travel

PATH = "/cgi-bin/stable_token"


def get(mini, seconds=8):
    return mini.token.get(Deadline.after(seconds))


def test_it_is_kept_until_five_minutes_before_its_end(sandbox, mini, http):
    first = get(mini)
    travel(sandbox, 6890)
    assert get(mini) == first
    travel(sandbox, 20)
    get(mini)

    assert http.paths() == [PATH, PATH]


def test_many_threads_fetch_one_token(mini, http):
    tokens = at_once(12, lambda: get(mini))

    assert len(set(tokens)) == 1
    assert http.paths() == [PATH]


def test_a_token_that_wechat_dropped_is_replaced_once_and_the_question_repeated(sandbox, mini, http):
    dropped = get(mini)
    sandbox.app.extensions["sandbox"].state.take("wechat_server_token", dropped.reveal(), now_ms=sandbox.now_ms())
    asked = {"name": "测试甲", "id_card_number": "370199198503070017"}
    told = at_once(6, lambda: mini.ask("/cityservice/face/identify/getuseridkey", asked, Deadline.after(8)))

    assert all(each["errcode"] == 0 for each in told)
    assert http.paths().count(PATH) == 2
    assert get(mini) != dropped


def test_nobody_waits_for_another_ones_renewal_past_the_deadline(sandbox, mini):
    sandbox.switch("wechat", "hang")

    def ask():
        try:
            return get(mini, 0.4)
        except WechatTrouble as trouble:
            return trouble.reason

    assert set(at_once(4, ask)) == {"timeout"}


def test_the_secret_travels_in_the_body(mini, http):
    get(mini)
    [(method, url, body)] = http.sent

    assert (method, url.endswith(PATH)) == ("POST", True)
    assert b"mini-secret-0001" in body
