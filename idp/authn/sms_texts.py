"""What the short messages say: of digits only the code, and never a link (people must not learn to follow them)."""

from typing import Final

_MINUTES: Final = {"zh": "五", "en": "five"}
_ZH: Final = {
    "register": "注册账户",
    "sign_in": "登录",
    "recover": "重设密码",
    "merge": "合并账户",
    "bind": "绑定手机号",
}
_EN: Final = {
    "register": "to register",
    "sign_in": "to sign in",
    "recover": "to set a new password",
    "merge": "to merge two accounts",
    "bind": "to add this number to your account",
}

_NOTICES_ZH: Final = {
    "linked": "您的账户刚刚关联了一种新的登录方式。",
    "unlinked": "您的账户刚刚取消了一种登录方式。",
    "merged": "您的另一个账户刚刚并入这个账户，一段时间内可以撤销。",
    "child_signed_in": "您监护的孩子的账户刚刚登录。",
    "child_asks": "您监护的孩子申请让一个网站得到信息，请到账户中心的“未成年人”中决定。",
    "review_decided": "您提交的人工审核申请已有结果，请到账户中心的“人工审核”查看。",
    "review_returned": "您提交的人工审核申请需要补充，请到账户中心的“人工审核”查看。",
    "parted": "您的账户刚刚撤销了合并，并入的账户已恢复。",
    "reset_by_staff": "工作人员已重置您账户的登录方式，原密码不再有效。请到登录页选“忘记密码”，凭本手机号收到的验证码设置新密码。"
    "工作人员不会向您索要验证码。",
}
_NOTICES_EN: Final = {
    "linked": "A new way to sign in was just linked to your account.",
    "unlinked": "A way to sign in was just removed from your account.",
    "merged": "Another account of yours was just merged into this one; for some time that can be undone.",
    "child_signed_in": "The account of a child in your care was just signed in to.",
    "child_asks": "A child in your care asks to let a site have facts; please decide under children in the account centre.",
    "review_decided": "Your request for a review was decided; see under reviews in the account centre.",
    "review_returned": "Your request for a review needs something more; see under reviews in the account centre.",
    "parted": "A merge was just undone; the account that was merged into yours is back.",
    "reset_by_staff": "Staff reset how your account is opened; the old password is no longer valid. On the sign-in page choose"
    " “Forgot password” and set a new one with the code that this number gets. Staff never ask for a code.",
}


def notice(change: str, locale: str) -> str:
    """The message that tells the owner of a change, in the language of the account."""
    is_english = locale.lower().startswith("en")
    if change.startswith(("child_", "review_", "reset_by_")):  # the owner changed nothing
        return _NOTICES_EN[change] if is_english else _NOTICES_ZH[change]
    if is_english:
        return f"{_NOTICES_EN[change]} If it was not you, open the account centre and look under sign-in and security."
    return f"{_NOTICES_ZH[change]}如果不是您本人操作，请到账户中心的“登录与安全”中处理。"


def code(purpose: str, digits: str, locale: str) -> str:
    """The message that carries a one-time code, in the language of the page that asked for it."""
    if locale.lower().startswith("en"):
        return (
            f"{digits} is your code {_EN[purpose]}. It is valid for {_MINUTES['en']} minutes. Never tell it to anyone."
        )
    return (
        f"验证码 {digits}，用于{_ZH[purpose]}，{_MINUTES['zh']}分钟内有效。工作人员不会向您索要验证码，请勿告诉他人。"
    )
