"""What the sandbox of the tests has agreed on with its callers, one table for each of its parts."""

from tests.sandbox import alipay_agreed

PARTS = {
    "population": {
        "app_id": "gw-app-001",
        "app_key": "gw-appkey-0001",
        "soap_user": "sandbox-user",
        "soap_password": "sandbox-pwd",
        "national_rid": "RID-SANDBOX-001",
        "national_app_key": "sandbox-appkey-0001",
        "md5_app_key": "zj-app-001",
        "md5_app_secret": "zj-secret-001",
        "access_key": "sandbox-ak",
        "secret_key": "sandbox-sk",
        "paas_id": "sandbox-paas",
        "paas_token": "sandbox-paas-token",
    },
    "business": {"basic_user": "business-user", "basic_password": "business-pwd", "legal_id_field": "cerno"},
    "elicence": {
        "app_id": "licence-app-001",
        "app_public_key": (  # of the private key 44…44
            "040bb874f3078d318da86661266a6ff9d10e44912fa8f4726255ca42547e530599"
            "430eef03b737887576ecf8b53072b66eb15c8ccb307d192a44fd1e67d40329fe"
        ),
        "platform_private_key": "33" * 32,
    },
    "wechat": {
        "website_appid": "wx-website-001",
        "website_secret": "website-secret-0001",
        "official_appid": "wx-official-001",
        "official_secret": "official-secret-0001",
        "mini_appid": "wx-mini-001",
        "mini_secret": "mini-secret-0001",
    },
    "centre": {"client_id": "our-centre", "client_secret": "centre-secret-0001 +/%"},
    "sms": {"app_id": "sms-app-001", "app_key": "sms-appkey-0001"},
    "alipay": alipay_agreed.table(),
}
