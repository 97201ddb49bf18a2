"""The pages of organisations and mandates with sample contexts, for the gallery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace as Sample

from idp.edge import pictures
from idp.mandates.errors import LicenceNotYours, NotRecognised
from idp.mandates.shown import MandateView, OrganisationView, UseView
from idp.web import forms, organisations_shown
from idp.web.organisation_forms import AppointmentForm, MandateForm, OrganisationForm

qr_of = cache(pictures.qr)  # the same few, asked for by every page of the gallery

MOMENT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
_SITES = [("investment", "投资项目在线审批监管平台"), ("credit", "信用山东（样例）")]
_WORDS = Sample(
    kind=organisations_shown.kind, state=organisations_shown.state, role=organisations_shown.role,
    mandate_state=organisations_shown.mandate_state, site_name=dict(_SITES).get,
    sites=lambda ids: "所有为单位办事的网站" if "*" in ids else "、".join(dict(_SITES)[each] for each in ids),
)  # fmt: skip


def _organisation(role="legal_representative", *, ial=1, state="active", name="山东示例科技有限公司"):
    return OrganisationView(
        id="o1", name=name, uscc="91370199MA3DEM019F", kind="company", state=state, representative="测试甲", role=role,
        ial=ial, checked_at=MOMENT, mandate_id="m9" if role == "administrator" else None,
    )  # fmt: skip


def _mandate(state="live", *, role="agent", sites=("investment",), may_delegate=False, parent=None):
    is_over = state not in {"live", "offered"}
    return MandateView(
        id="m1", organisation_id="o1", organisation="山东示例科技有限公司", uscc="91370199MA3DEM019F", role=role,
        agent="测试乙", phone="19900000002", giver="测试甲", sites=sites, may_delegate=may_delegate, parent_id=parent,
        offered_at=MOMENT, offer_until=MOMENT + timedelta(days=14), accepted_at=None if state == "offered" else MOMENT,
        ends_at=None if role == "administrator" else MOMENT + timedelta(days=90), ended_at=MOMENT if is_over else None,
        state=state, is_mine=False,
    )  # fmt: skip


def samples(made):
    """Page name -> (template, context); `made` builds a form."""
    words = {"words": _WORDS}
    journey = made(forms.JourneyForm)
    office = {
        **words, "organisation": _organisation(), "has_licence": True,
        "administrators": [_mandate(role="administrator", sites=("*",))],
        "given": [_mandate(may_delegate=True), _mandate("offered"), _mandate("revoked", sites=("investment", "credit"))],
        "uses": [UseView("测试乙", "agent", "investment", MOMENT), UseView("测试甲", "legal_representative", "credit", MOMENT)],
    }  # fmt: skip
    give = {
        "organisation": "山东示例科技有限公司", "action": "/account/organisations/o1/give", "sites": _SITES, "every_site": "*",
        "own": None,
    }  # fmt: skip
    typed = {"name": "测试乙", "phone": "19900000002", "days": "90"}
    return {
        "organisations": (
            "account/organisations.html",
            {**words, "is_proven": True, "offers": [_mandate("offered")],
             "organisations": [_organisation(), _organisation("administrator", state="revoked", name="济南市示例小吃店")]},
        ),
        "organisations-empty": ("account/organisations.html", {**words, "is_proven": False, "organisations": [], "offers": []}),
        "organisation-add": (
            "account/organisation_add.html", {"form": made(OrganisationForm), "is_proven": True, "has_licence": True}
        ),
        "organisation-add-refused": (
            "account/organisation_add.html",
            {"form": made(OrganisationForm, {"uscc": ["请输入统一社会信用代码。"]}, [NotRecognised.sentence]),
             "is_proven": True, "is_down": True},
        ),
        "organisation": ("account/organisation.html", {**office, "done": "邀请已发出，对方接受后生效。"}),
        "organisation-of-administrator": (
            "account/organisation.html",
            {**office, "organisation": _organisation("administrator", ial=0, state="revoked"), "given": [], "uses": [],
             "administrators": []},
        ),
        "organisation-leave": ("account/organisation_leave.html", {"organisation": _organisation(), "form": journey}),
        "administrator-name": (
            "account/administrator_name.html", {"organisation": _organisation(), "form": made(AppointmentForm)}
        ),
        "mandate-give": ("account/mandate_give.html", {**give, "form": made(MandateForm, days="90")}),
        "mandate-pass-on-wrong": (
            "account/mandate_give.html",
            {**give, "own": _mandate(may_delegate=True),
             "form": made(MandateForm, {"sites": ["请至少选择一个网站。"], "days": ["授权期限为 1 至 365 天。"]}, **typed)},
        ),
        "mandates": (
            "account/mandates.html",
            {**words, "offers": [_mandate("offered")], "mandates": [_mandate(), _mandate("expired")],
             "passed_on": [_mandate(parent="m0")]},
        ),
        "mandates-empty": ("account/mandates.html", {**words, "offers": [], "mandates": [], "passed_on": []}),
        "mandate-offered": (
            "account/mandate.html",
            {**words, "mandate": _mandate("offered"), "form": journey, "is_mine": True, "is_proven": True},
        ),
        "mandate": (
            "account/mandate.html",
            {**words, "mandate": _mandate(may_delegate=True), "form": journey, "is_mine": True, "is_proven": True},
        ),
        "mandate-of-office": (
            "account/mandate.html", {**words, "mandate": _mandate("revoked"), "form": journey, "is_mine": False}
        ),
        "mandate-end": ("account/mandate_end.html", {**words, "mandate": _mandate(), "form": journey, "is_mine": False}),
        "licence": ("account/licence.html", {"form": journey, "is_proven": True}),
        "licence-showing": (
            "account/licence_showing.html",
            {"form": journey, "qr": qr_of("https://licence.example/qr?qrcode_id=1&areaPrefix=3700"), "is_phone": True,
             "showing": Sample(handle="h", open_url="https://licence.example/qr?qrcode_id=1", until=MOMENT)},
        ),
        "licence-over": ("account/licence_over.html", {"form": made(forms.JourneyForm, general=[LicenceNotYours.sentence])}),
    }  # fmt: skip
