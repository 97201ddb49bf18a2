"""WeChat 微信: signing in by QR code, inside WeChat and from a mini program, and face scans in a mini program.

`api` is the road (and keeps secrets out of every text), `refusals` what its numbers mean, `server_token` our own token.
"""

from idp.realname.adapters.wechat.api import WechatApi
from idp.realname.adapters.wechat.face import FaceScan
from idp.realname.adapters.wechat.face_first import FirstFaceScan
from idp.realname.adapters.wechat.mini_program import MiniProgram
from idp.realname.adapters.wechat.options import Options
from idp.realname.adapters.wechat.sign_in import WechatSignIn
from idp.realname.adapters.wechat.troubles import diagnose
from idp.realname.ports import Challenge, Source
from idp.realname.sources import Adapter, Tools

__all__ = ["ADAPTER", "FaceScan", "FirstFaceScan", "Options", "WechatSignIn"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    api = WechatApi(options.api_url, options.answer_seconds, tools.http)
    return Source(
        name,
        "微信",
        challenge=_challenge(name, options, api),
        sign_in=WechatSignIn(options, api, source=name) if options.has_sign_in else None,
        addresses=(options.page_url, options.api_url),
    )


def _challenge(name: str, options: Options, api: WechatApi) -> Challenge | None:
    if not options.face_link:
        return None
    scan = FaceScan if options.face_version == 2 else FirstFaceScan
    return scan(MiniProgram(options.mini_appid, options.mini_secret, api), options.face_link, options.cost, name)


ADAPTER = Adapter(Options, _build, diagnose)
