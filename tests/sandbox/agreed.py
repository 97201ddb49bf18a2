"""What the sandbox of the tests has agreed on with its callers, one table for each of its parts."""

from tests.sandbox import alipay_agreed

PARTS = {
    "population": {
        "app_id": "gw-app-001",
        "app_key": "gw-appkey-0001",
        "soap_user": "sandbox-user",
        "soap_password": "sandbox-pwd",
    },
    "business": {"basic_user": "business-user", "basic_password": "business-pwd"},
    "sms": {"app_id": "sms-app-001", "app_key": "sms-appkey-0001"},
    "alipay": alipay_agreed.table(),
}
