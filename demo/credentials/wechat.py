"""WeChat: a website application, a service account and a mini program, bound to one Open Platform account."""

from urllib.parse import urlsplit

from demo.credentials.place import Contract, Place

_APPIDS = {"website": "wx37de30website01", "official": "wx37de30official1", "mini": "wx37de30minipro01"}


def contract(place: Place) -> Contract:
    agreed = {}
    for kind, appid in _APPIDS.items():
        agreed[f"{kind}_appid"] = appid
        agreed[f"{kind}_secret"] = place.secret(f"wechat_{kind}_secret")
    centre = {
        **agreed,
        "page_url": place.sandbox,
        "api_url": place.sandbox,
        "mini_page": f"{place.sandbox}/mini/sign-in",
        "face_link": f"{place.sandbox}/mini/face",
    }
    hosts = sorted({urlsplit(place.issuer).hostname or "localhost", "localhost", "127.0.0.1"})
    return Contract({"wechat": centre}, {"wechat": {**agreed, "callback_hosts": hosts}})
