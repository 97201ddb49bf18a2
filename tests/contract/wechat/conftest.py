"""The adapter configured for the sandbox."""

from collections.abc import Iterator

import pytest

from idp.realname.adapters.wechat import FaceScan, Options, WechatSignIn
from idp.realname.adapters.wechat.api import WechatApi
from idp.realname.adapters.wechat.mini_program import MiniProgram
from tests.contract.wechat.asking import Centre, RecordingHttp, options_for
from tests.sandbox.served import ServedSandbox


@pytest.fixture
def options(sandbox: ServedSandbox) -> Options:
    return options_for(sandbox)


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def api(options: Options, http: RecordingHttp) -> WechatApi:
    return WechatApi(options.api_url, options.answer_seconds, http)


@pytest.fixture
def sign_in(options: Options, api: WechatApi) -> WechatSignIn:
    return WechatSignIn(options, api)


@pytest.fixture
def mini(options: Options, api: WechatApi) -> MiniProgram:
    return MiniProgram(options.mini_appid, options.mini_secret, api)


@pytest.fixture
def centre(options: Options, mini: MiniProgram) -> Iterator[Centre]:
    with Centre(FaceScan(mini, options.face_link)) as running:
        yield running
