"""Another city's centre, as an OpenID provider of its own: 济南市统一身份认证."""

from sandbox.centre import authorize, tokens
from sandbox.centre.part import PART, bp

__all__ = ["PART", "authorize", "bp", "tokens"]
