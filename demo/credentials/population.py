"""The population registry behind the provincial gateway."""

from demo.credentials.place import Contract, Place

APP_ID = _USER = "unified-identity-demo"


def contract(place: Place) -> Contract:
    app_key, password = place.secret("gateway_app_key"), place.secret("soap_password")
    centre = {
        "channel": "provincial",
        "envelope": "soap",
        "endpoint": place.sandbox,
        "app_id": APP_ID,
        "app_key": app_key,
        "soap_user": _USER,
        "soap_password": password,
        "department_code": "370000",
        "department_name": "省政务服务用户认证中心",
        "person_name": "测试甲",  # a synthetic person answers for the demo's queries at the registry
        "person_number": "370199198503070017",
        "photo_operation": "GK_GXFW_RKKRXBD",
    }
    sandbox = {"app_id": APP_ID, "app_key": app_key, "soap_user": _USER, "soap_password": password}
    return Contract({"population": centre}, {"population": sandbox})
