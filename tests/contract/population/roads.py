"""Every road to the registry as a block would configure it, against the sandbox of the tests."""

from typing import Any

from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.population import ADAPTER, Options
from idp.realname.ports import Source
from idp.realname.sources import Tools
from idp.store.redis import Store, open_store
from tests.sandbox import wire

_SOAP = {
    "soap_user": "sandbox-user",
    "soap_password": Secret("sandbox-pwd"),
    "department_code": "370000",
    "department_name": "省政务服务用户认证中心",
    "person_number": "370199198503070025",
    "person_name": "测试乙",
}
_JSON = {"envelope": "json"}
_PROVINCIAL = {"app_id": wire.APP_ID, "app_key": Secret(wire.APP_KEY)}
_SM = {"national_cryptography": True}
_NATIONAL = {
    "channel": "national",
    "app_id": "RID-SANDBOX-001",
    "app_key": Secret("sandbox-appkey-0001"),
    "service": "s_1200000900000_2109",
    "photo_service": "s_1200000900000_2108",
}
_MD5 = {
    "channel": "md5",
    "allow_weak_signatures": True,
    "app_id": "zj-app-001",
    "app_key": Secret("zj-secret-001"),
    "service": "/gateway/api/police/dataSharing/rkk-sfhc.htm",
    "photo_service": "/gateway/api/police/dataSharing/rkk-rxbd.htm",
}
_ACCESS_KEY = {"channel": "aksk", "app_id": "sandbox-ak", "app_key": Secret("sandbox-sk")}
_PAAS = {"channel": "paas", "app_id": "sandbox-paas", "app_key": Secret("sandbox-paas-token")}

MEMBERS: dict[str, dict[str, Any]] = {
    "provincial soap": _PROVINCIAL | _SOAP,
    "provincial json": _PROVINCIAL | _JSON,
    "provincial soap sm": _PROVINCIAL | _SOAP | _SM,
    "provincial json sm": _PROVINCIAL | _JSON | _SM,
    "national soap": _NATIONAL | _SOAP,
    "national json": _NATIONAL | _JSON,
    "national_services json": _NATIONAL | _JSON | {"channel": "national_services"},
    "md5 json": _MD5 | _JSON,
    "aksk soap": _ACCESS_KEY | _SOAP,
    "aksk json": _ACCESS_KEY | _JSON,
    "paas soap": _PAAS | _SOAP,
    "paas json": _PAAS | _JSON,
}
ROADS = tuple(MEMBERS)
WITH_A_SECRET = tuple(road for road in ROADS if not road.startswith(("aksk", "paas")))
TOKEN_PATHS = ("/proxy/auth/token", "/sysapi/auth/refreshappsecret", "/refreshTokenByKey.htm", "/refreshTokenBySec.htm")


def options_of(road: str, url: str, **changed: Any) -> Options:
    members = MEMBERS[road] | {"endpoint": url, "photo_operation": "GK_GXFW_RKKRXBD"} | changed
    return Options(**members)


def source_of(options: Options, http: HttpClient, store: Store | None = None) -> Source:
    """As the service builds it, with a short-lived store of its own unless one is given."""
    return ADAPTER.build("population", options, Tools(http, store or open_store(""), "http://localhost:8000"))
