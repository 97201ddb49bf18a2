"""Another city's centre, whose grades count downwards; evidence from there reaches level 2 at most."""

from urllib.parse import urlsplit

from demo.credentials.place import Contract, Place

CLIENT_ID = "unified-identity-demo"
GRADES = {"urn:jinan:grade:1": 3, "urn:jinan:grade:2": 2, "urn:jinan:grade:3": 1, "urn:jinan:grade:4": 0}


def contract(place: Place) -> Contract:
    secret = place.secret("centre_client_secret")
    centre = {
        "adapter": "upstream_oidc",
        "label": "济南市统一身份认证",
        "issuer": f"{place.sandbox}/centre",
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "algorithms": ["ES256"],
        "levels": GRADES,
        "ceiling": 2,
        "kind_claim": "id_type",
        "kinds": {"10": "resident_id"},
        "number_claim": "id_number",
    }
    hosts = sorted({urlsplit(place.issuer).hostname or "localhost", "localhost", "127.0.0.1"})
    sandbox = {"client_id": CLIENT_ID, "client_secret": secret, "callback_hosts": hosts}
    return Contract({"jinan": centre}, {"centre": sandbox})
