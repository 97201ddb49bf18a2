"""The Alipay open platform: its gateway, signing in, and face scans."""

from sandbox.alipay import gateway, oauth
from sandbox.alipay.part import PART

__all__ = ["PART", "gateway", "oauth"]
