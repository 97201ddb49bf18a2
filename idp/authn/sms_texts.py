"""What the short messages say: one run of digits only, the code, and never a link (people must not learn to follow them)."""

from typing import Final

_MINUTES: Final = {"zh": "五", "en": "five"}
_ZH: Final = {"register": "注册账户", "sign_in": "登录", "recover": "重设密码"}
_EN: Final = {"register": "to register", "sign_in": "to sign in", "recover": "to set a new password"}


def code(purpose: str, digits: str, locale: str) -> str:
    """The message that carries a one-time code, in the language of the page that asked for it."""
    if locale.lower().startswith("en"):
        return (
            f"{digits} is your code {_EN[purpose]}. It is valid for {_MINUTES['en']} minutes. Never tell it to anyone."
        )
    return (
        f"验证码 {digits}，用于{_ZH[purpose]}，{_MINUTES['zh']}分钟内有效。工作人员不会向您索要验证码，请勿告诉他人。"
    )
