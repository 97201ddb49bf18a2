"""WeChat's stand-in: pages to allow a sign-in, token calls, the server's token, face scans, and a phone with our mini program."""

from sandbox.wechat import connect, face, mini, sns, tokens
from sandbox.wechat.part import PART, bp

__all__ = ["PART", "bp", "connect", "face", "mini", "sns", "tokens"]
