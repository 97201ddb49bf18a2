"""The Alipay open platform: one application for signing in and for face scans, keys on both sides, content encrypted."""

import base64
import hashlib

from demo.credentials.place import Contract, Place

APP_ID = "2021000000000001"


def contract(place: Place) -> Contract:
    app_private, app_public = place.rsa_key("alipay_app_key.pem")
    own_private, own_public = place.rsa_key("alipay_own_key.pem")
    aes_key = base64.b64encode(hashlib.sha256(place.secret("alipay_aes").encode()).digest()[:16]).decode("ascii")
    centre = {
        "app_id": APP_ID,
        "app_private_key": app_private,
        "alipay_public_key": own_public,
        "aes_key": aes_key,
        "gateway_url": f"{place.sandbox}/gateway.do",
        "authorize_url": f"{place.sandbox}/oauth2/publicAppAuthorize.htm",
        "user_info": True,
    }
    sandbox = {
        "app_id": APP_ID,
        "app_public_key": app_public,
        "alipay_private_key": own_private,
        "aes_key": aes_key,
        "redirect_uris": [f"{place.issuer}/sign-in/with/alipay/return"],
    }
    return Contract({"alipay": centre}, {"alipay": sandbox})
