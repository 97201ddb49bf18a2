"""The forms of organisations and mandates."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from idp.web.forms import CitizenForm, plain_text, strip


class OrganisationForm(CitizenForm):
    """Name and code; the name may stay empty for an individual business that has none."""

    organisation_name = StringField(
        validators=[Length(max=200, message=_("内容太长，请检查后重新输入。")), plain_text], filters=[strip]
    )
    uscc = StringField(
        validators=[
            DataRequired(_("请输入统一社会信用代码。")),
            Length(max=40, message=_("内容太长，请检查后重新输入。")),
            plain_text,
        ],
        filters=[strip],
    )


class AppointmentForm(CitizenForm):
    """Somebody by name and phone, as both are known of them."""

    name = StringField(
        validators=[
            DataRequired(_("请输入姓名。")),
            Length(max=60, message=_("内容太长，请检查后重新输入。")),
            plain_text,
        ],
        filters=[strip],
    )
    phone = StringField(
        validators=[
            DataRequired(_("请输入手机号。")),
            Length(max=24, message=_("内容太长，请检查后重新输入。")),
            plain_text,
        ],
        filters=[strip],
    )


class MandateForm(AppointmentForm):
    """The same with where, how long, and whether it may be passed on."""

    sites = SelectMultipleField(choices=[], validate_choice=False)
    days = StringField(
        validators=[
            DataRequired(_("请输入授权的天数。")),
            Regexp(r"\A[0-9]{1,4}\Z", message=_("请输入天数，例如 90。")),
        ],
        filters=[strip],
    )
    may_delegate = BooleanField()
