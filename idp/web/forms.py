"""The fields of the citizen's forms and what is wrong with them before any service is asked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp


def plain_text(form: FlaskForm, field: Field) -> None:
    """Refuse control characters: no name, number or account holds one, and a NUL ends up in no database."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in field.data or ""):
        raise ValidationError(_("这里有看不见的特殊字符，请重新输入。"))


def strip(value: str | None) -> str | None:
    return value.strip() if value else value


def _text(*required: DataRequired, longest: int) -> StringField:
    too_long = Length(max=longest, message=_("内容太长，请检查后重新输入。"))
    return StringField(validators=[*required, too_long, plain_text], filters=[strip])


class JourneyForm(FlaskForm):
    """A form without fields of its own: the buttons say everything."""


class PasswordSignInForm(FlaskForm):
    identifier = _text(DataRequired(_("请输入账户名或手机号。")), longest=64)
    password = PasswordField(validators=[InputRequired(_("请输入密码。")), Length(max=256, message=_("密码太长。"))])


class PhoneForm(FlaskForm):
    phone = _text(DataRequired(_("请输入手机号。")), longest=24)


class RegisterPhoneForm(PhoneForm):
    agree = BooleanField(validators=[InputRequired(_("请先阅读并勾选同意用户协议和隐私政策。"))])


class IdentifierForm(FlaskForm):
    identifier = _text(DataRequired(_("请输入账户名或手机号。")), longest=64)


class CodeForm(FlaskForm):
    otp = StringField(
        validators=[
            DataRequired(_("请输入短信验证码。")),
            Regexp(r"\A[0-9]{4,8}\Z", message=_("验证码是 6 位数字，请检查后重新输入。")),
        ],
        filters=[lambda typed: "".join(typed.split()) if typed else typed],
    )


class NewAccountForm(FlaskForm):
    """Account name and password of a new account: both may be left empty, signing in by code always works."""

    identifier = StringField(validators=[Optional(), Length(max=64, message=_("账户名太长。")), plain_text], filters=[strip])
    password = PasswordField(validators=[Optional(), Length(max=256, message=_("密码太长。"))])


class NewPasswordForm(FlaskForm):
    password = PasswordField(validators=[InputRequired(_("请输入新密码。")), Length(max=256, message=_("密码太长。"))])


class ChangePasswordForm(NewPasswordForm):
    """Who has a password shows it once more before setting another one."""

    current_password = PasswordField(validators=[Length(max=256, message=_("密码太长。"))])


class IdentityForm(FlaskForm):
    name = _text(DataRequired(_("请输入姓名。")), longest=60)
    resident_id = _text(DataRequired(_("请输入公民身份号码。")), longest=24)


def values(form: FlaskForm, name: str) -> str:
    """What was typed into a field, or an empty text."""
    typed = getattr(form, name).data
    return typed if isinstance(typed, str) else ""
