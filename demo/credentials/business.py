"""The registers of organisations, behind the same provincial gateway as the population registry."""

from demo.credentials.place import Contract, Place
from demo.credentials.population import APP_ID

_USER = "unified-identity-demo"


def contract(place: Place) -> Contract:
    password = place.secret("business_basic_password")
    issued = {"endpoint": place.sandbox, "app_id": APP_ID, "app_key": place.secret("gateway_app_key")}
    centre = {
        "business": issued | {"basic_user": _USER, "basic_password": password},
        "civil_affairs": issued,
        "staffing_office": issued,
    }
    return Contract(centre, {"business": {"basic_user": _USER, "basic_password": password}})
