"""The forms with which people ask for a human's look; the paper is read beside them, by its content."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Field, FileField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from idp.core.identifiers import DocumentKind
from idp.web.forms import CitizenForm, plain_text, strip
from idp.web.organisation_forms import OrganisationForm

_TOO_LONG = _("内容太长，请检查后重新输入。")


def _written(form: CitizenForm, field: Field) -> None:
    """Refuse control characters but for line ends."""
    if any((ord(letter) < 32 and letter not in "\r\n\t") or ord(letter) == 127 for letter in field.data or ""):
        raise ValidationError(_("这里有看不见的特殊字符，请重新输入。"))


def _day(form: CitizenForm, field: Field) -> None:
    try:
        date.fromisoformat(field.data or "2000-01-01")
    except ValueError as odd:
        raise ValidationError(_("请按 2030-01-31 的样子填写日期。")) from odd


class PaperForm(CitizenForm):
    """A remark and one file."""

    remark = StringField(
        validators=[Length(max=500, message=_("说明太长，请控制在 500 字以内。")), _written], filters=[strip]
    )
    paper = FileField()


class OrganisationReviewForm(PaperForm, OrganisationForm):
    """The organisation, as its papers name it."""


class DocumentReviewForm(PaperForm):
    """The document that somebody has now."""

    name = StringField(
        validators=[DataRequired(_("请输入姓名。")), Length(max=60, message=_TOO_LONG), plain_text], filters=[strip]
    )
    document_kind = SelectField(choices=[kind.value for kind in DocumentKind])
    resident_id = StringField(
        validators=[DataRequired(_("请输入证件号码。")), Length(max=32, message=_TOO_LONG), plain_text], filters=[strip]
    )
    country = StringField(validators=[Length(max=3, message=_TOO_LONG), plain_text], filters=[strip])
    valid_until = StringField(validators=[_day], filters=[strip])
    endless = BooleanField()
