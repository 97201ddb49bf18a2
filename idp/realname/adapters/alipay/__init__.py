"""Alipay 支付宝: the gateway (asking, answers, trust), signing in with an account, and face scans (products, face)."""

from idp.realname.adapters.alipay import products
from idp.realname.adapters.alipay.face import FaceScan
from idp.realname.adapters.alipay.gateway import Gateway
from idp.realname.adapters.alipay.options import FACE, SIGN_IN, Options
from idp.realname.adapters.alipay.sign_in import AlipaySignIn
from idp.realname.adapters.alipay.troubles import diagnose
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools

__all__ = ["ADAPTER", "AlipaySignIn", "FaceScan", "Gateway", "Options"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    gateway = Gateway.of(name, options, tools.http)
    return Source(
        name,
        "支付宝",
        challenge=FaceScan(gateway, products.of(options)) if FACE in options.uses else None,
        sign_in=AlipaySignIn(gateway) if SIGN_IN in options.uses else None,
        addresses=(options.gateway_url, options.authorize_url),
    )


ADAPTER = Adapter(Options, _build, diagnose)
