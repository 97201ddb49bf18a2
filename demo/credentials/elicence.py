"""The platform of electronic business licences: each side has a key of its own, and the other's public half."""

from demo.credentials.place import Contract, Place

_APP_ID = "unified-identity-demo"


def contract(place: Place) -> Contract:
    ours, our_public = place.sm2_key("elicence_private_key")
    theirs, their_public = place.sm2_key("elicence_platform_key")
    centre = {
        "endpoint": place.sandbox,
        "app_id": _APP_ID,
        "private_key": ours,
        "platform_public_key": their_public,
    }
    sandbox = {"app_id": _APP_ID, "app_public_key": our_public, "platform_private_key": theirs}
    return Contract({"elicence": centre}, {"elicence": sandbox})
