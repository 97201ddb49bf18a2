"""The fields of the citizen's forms and what is wrong with them before any service is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from idp.core.errors import DomainError
from idp.core.identifiers import DocumentKind
from idp.edge.services import services

T = TypeVar("T")
F = TypeVar("F", bound="CitizenForm")


def plain_text(form: CitizenForm, field: Field) -> None:
    """Refuse control characters: no name, number or account holds one, and a NUL ends up in no database."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in field.data or ""):
        raise ValidationError(_("这里有看不见的特殊字符，请重新输入。"))


def strip(value: str | None) -> str | None:
    return value.strip() if value else value


def _text(*required: DataRequired, longest: int) -> StringField:
    too_long = Length(max=longest, message=_("内容太长，请检查后重新输入。"))
    return StringField(validators=[*required, too_long, plain_text], filters=[strip])


class CitizenForm(FlaskForm):  # type: ignore[misc] # Flask-WTF is untyped
    """The base of every form here; `refused_with` is the status of the answer when something is wrong in it."""

    refused_with = 400


class JourneyForm(CitizenForm):
    """A form without fields of its own: the buttons say everything."""


class ConsentForm(JourneyForm):
    """A yes holds for what the page listed, which `shown` repeats."""

    shown = StringField()


class PasswordSignInForm(CitizenForm):
    identifier = _text(DataRequired(_("请输入账户名或手机号。")), longest=64)
    password = PasswordField(validators=[InputRequired(_("请输入密码。")), Length(max=256, message=_("密码太长。"))])


class PhoneForm(CitizenForm):
    phone = _text(DataRequired(_("请输入手机号。")), longest=24)


class RegisterPhoneForm(PhoneForm):
    agree = BooleanField(validators=[InputRequired(_("请先阅读并勾选同意用户协议和隐私政策。"))])


class IdentifierForm(CitizenForm):
    identifier = _text(DataRequired(_("请输入账户名或手机号。")), longest=64)


class CodeForm(CitizenForm):
    otp = StringField(
        validators=[
            DataRequired(_("请输入短信验证码。")),
            Regexp(r"\A[0-9]{4,8}\Z", message=_("验证码是 6 位数字，请检查后重新输入。")),
        ],
        filters=[lambda typed: "".join(typed.split()) if typed else typed],
    )


class NewAccountForm(CitizenForm):
    """Account name and password of a new account: both may be left empty, signing in by code always works."""

    identifier = StringField(
        validators=[Optional(), Length(max=64, message=_("账户名太长。")), plain_text], filters=[strip]
    )
    password = PasswordField(validators=[Optional(), Length(max=256, message=_("密码太长。"))])


class FirstSignInForm(NewAccountForm):
    """The same for somebody who came to sign in and turned out to be new: they have yet to agree."""

    agree = BooleanField(validators=[InputRequired(_("请先阅读并勾选同意用户协议和隐私政策。"))])


class OwnPasswordForm(CitizenForm):
    password = PasswordField(validators=[InputRequired(_("请输入密码。")), Length(max=256, message=_("密码太长。"))])


class NewPasswordForm(CitizenForm):
    password = PasswordField(validators=[InputRequired(_("请输入新密码。")), Length(max=256, message=_("密码太长。"))])


class ChangePasswordForm(NewPasswordForm):
    """Who has a password shows it once more before setting another one."""

    current_password = PasswordField(validators=[Length(max=256, message=_("密码太长。"))])


class UserCodeForm(CitizenForm):
    """What a device shows and its person types; how it is written is the service's affair."""

    user_code = _text(DataRequired(_("请输入设备上显示的代码。")), longest=32)


class IdentityForm(CitizenForm):
    name = _text(DataRequired(_("请输入姓名。")), longest=60)
    resident_id = _text(DataRequired(_("请输入公民身份号码。")), longest=24)


class ChildForm(CitizenForm):
    """A child's account: who the child is, what its guardian is to it, and the name and password that it signs in with."""

    name = _text(DataRequired(_("请输入孩子的姓名。")), longest=60)
    resident_id = _text(DataRequired(_("请输入孩子的公民身份号码。")), longest=24)
    relation = RadioField(validators=[InputRequired(_("请选择您与孩子的关系。"))], validate_choice=False)
    identifier = _text(DataRequired(_("请给孩子起一个账户名。")), longest=64)
    password = PasswordField(validators=[InputRequired(_("请输入密码。")), Length(max=256, message=_("密码太长。"))])
    agree = BooleanField(validators=[InputRequired(_("请先阅读并勾选同意。"))])


class ProofForm(CitizenForm):
    """Who somebody says to be, and by which way they will prove it; the way and what was tried are ours, and hidden."""

    name = _text(DataRequired(_("请输入姓名。")), longest=60)
    document_kind = SelectField(choices=[kind.value for kind in DocumentKind])
    resident_id = _text(DataRequired(_("请输入证件号码。")), longest=24)
    country = StringField(validators=[Length(max=3), plain_text], filters=[strip])
    way = StringField(validators=[Length(max=64), plain_text], filters=[lambda chosen: chosen or ""])
    face_consent = BooleanField()
    photo = FileField()

    def leave_out_the_person(self) -> None:
        """The person is known already, and writes nothing."""
        for field in (self.name, self.resident_id):
            field.validators = []
        self.document_kind.validate_choice = False


def password_hint() -> str:
    """What the installation asks of a new password."""
    policy = services().password_rules.policy
    if policy.required_classes > 1:
        said = gettext(
            "至少 %(count)s 个字符，并且包含大写字母、小写字母、数字、符号这四种中的 %(kinds)s 种。",
            count=policy.min_length,
            kinds=policy.required_classes,
        )
    else:
        said = gettext("至少 %(count)s 个字符。一句只有您知道的话，比复杂的符号更安全。", count=policy.min_length)
    return str(said)


def read(kind: type[F], **defaults: str) -> F:
    """The form as it was posted, or a fresh one; never read from JSON, whatever the content type says."""
    is_posted = flask.request.method == "POST"
    return kind(formdata=flask.request.form if is_posted else None, data=None if is_posted else defaults)


def attempt(form: CitizenForm, act: Callable[[], T]) -> T | None:
    """Run a service on a form's values; a refusal is shown in the form, at its field if that is there."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        blame(form, refusal)
        return None


def blame(form: CitizenForm, refusal: DomainError) -> None:
    """Show a refusal in the form, at its field if that is there, with how long to wait if that is known."""
    form.refused_with = refusal.status
    message = gettext(refusal.sentence)
    if refusal.retry_after is not None:
        seconds = max(1, refusal.retry_after)
        wait = (
            _("%(left)s 秒后可以再试。", left=seconds)
            if seconds < 120
            else _("%(left)s 分钟后可以再试。", left=-(-seconds // 60))
        )
        message = f"{message} {wait}"
    field = getattr(form, refusal.field, None) if refusal.field else None
    if isinstance(field, Field):
        field.errors = [*field.errors, message]
    else:
        form.form_errors = [*form.form_errors, message]


def status_of(form: CitizenForm) -> int:
    """The status of a page with this form: 200 while nothing is wrong in it."""
    return form.refused_with if form.errors else 200


def action() -> str:
    """Which button was pressed; without one, as when Enter is pressed, the form's main one."""
    return flask.request.form.get("action", "") if flask.request.method == "POST" else ""
