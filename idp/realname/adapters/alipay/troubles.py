"""What trouble with the Alipay gateway comes from, by the published codes."""

from typing import Final

from idp.realname.ports.troubles import Fault, Trouble

_SUB_CODES: Final = {
    "isv.invalid-app-id": Trouble(Fault.APP_ID, ("app_id",)),
    "isv.missing-app-id": Trouble(Fault.APP_ID, ("app_id",)),
    "isv.invalid-signature": Trouble(Fault.SECRET, ("app_private_key", "app_cert")),
    "isv.invalid-timestamp": Trouble(Fault.CLOCK),
    "isv.decryption-error-unknown": Trouble(Fault.SECRET, ("aes_key",)),
    "isv.decryption-error-not-valid-encrypted-data": Trouble(Fault.SECRET, ("aes_key",)),
    "isv.encryption-not-set": Trouble(Fault.SECRET, ("aes_key",)),
    "isv.invalid-parameter": Trouble(Fault.UNEXPECTED, ("aes_key", "product", "biz_code")),  # or it cannot be opened
    "isv.insufficient-isv-permissions": Trouble(Fault.GRANT, ("uses", "product", "app_id")),
    "aop.call-limited": Trouble(Fault.QUOTA),
}
_CODES: Final = {
    "20000": Trouble(Fault.DOWN),
    "40005": Trouble(Fault.QUOTA),
    "40006": Trouble(Fault.GRANT, ("uses", "product", "app_id")),
}


def diagnose(reason: str, _asked: str) -> Trouble | None:
    if reason == "untrusted":
        return Trouble(Fault.THEIR_KEY, ("alipay_public_key", "alipay_public_cert", "alipay_root_cert"))
    if reason == "broken_answer":
        return Trouble(Fault.UNEXPECTED, ("aes_key", "gateway_url"))
    if reason.startswith("http_4"):
        return Trouble(Fault.ADDRESS, ("gateway_url",))
    where, _, codes = reason.partition(":")
    code, _, sub_code = codes.partition(":")
    if where not in {"gateway", "unsigned"}:
        return None
    if where == "unsigned" and not sub_code:  # it could not read who asks, and says no more
        return Trouble(Fault.APP_ID, ("app_id", "app_private_key"))
    return _SUB_CODES.get(sub_code) or _CODES.get(code)
