"""The short-message gateway; the centre has its own settings for it (IDP_SMS_*)."""

from demo.credentials.place import Contract, Place

APP_ID = "unified-identity-demo"


def contract(place: Place) -> Contract:
    return Contract({}, {"sms": {"app_id": APP_ID, "app_key": place.secret("sms_app_key")}})
