"""What a sign-in may be refused for; one sentence for everything that a stranger must not tell apart."""

from idp.core.errors import DomainError


class SignInRefused(DomainError):
    """Unknown, wrong, without a password, frozen or blocked: the same to whoever asks, different in the audit."""

    code = "sign_in_refused"
    sentence = "账户名、手机号或密码不对，或者这个账户现在不能用密码登录。您可以改用短信验证码登录。"


class AccountUnusable(DomainError):
    """Said only to somebody who has just proven to hold the account's phone."""

    code = "account_unusable"
    sentence = "这个账户已被停用，不能登录。请到政务服务大厅或拨打服务热线办理。"
    status = 403


class NotTheOwner(DomainError):
    """Wrong, not there or blocked: whoever got the phone of somebody else learns nothing of that account."""

    code = "not_the_owner"
    sentence = "没有通过确认。请检查后再试；多次不成功时请稍后再试，或带身份证到政务服务大厅办理。"


class WrongCode(DomainError):
    code = "wrong_code"
    sentence = "验证码不对，请检查后重新输入。"
    field = "otp"


class CodeExpired(DomainError):
    code = "code_expired"
    sentence = "验证码已失效，请重新获取。"
    field = "otp"


class WrongPassword(DomainError):
    """Said to somebody who is signed in and must repeat their own password."""

    code = "wrong_password"
    sentence = "当前密码不对，或者尝试次数太多，请稍后再试。"
    field = "current_password"
