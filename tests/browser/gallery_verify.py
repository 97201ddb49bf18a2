"""The pages of proving who one is, with samples of every state."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from flask_babel import gettext as _

from idp.core.identifiers import DocumentKind
from idp.edge import legal, pictures
from idp.policies import built_in
from idp.policies.first import text_of
from idp.realname.errors import FaceNotProven
from idp.realname.standing import Standing
from idp.web import documents_shown, forms, photos
from idp.web.i18n import language_tag
from idp.web.proofs import ShownProof
from idp.web.verify_ways import ShownWay
from tests.browser.gallery_moment import JOURNEY, MOMENT, Sample

qr_of = cache(pictures.qr)  # the same few, asked for by every page of the gallery

PHONE_ADDRESS = "https://id.example.gov.cn/verify-identity/phone/7sX0vL4nTq9bY2mKcW8eRz1uJ6hPdA3gFoNiQkBtVxE"
OPEN = "https://openapi.alipay.example/gateway.do?certify_id=sample&sign=sample"


def ways():
    alipay, population = _("支付宝"), "公安人口库"
    return [
        ShownWay("challenge:alipay", "challenge", _("用%(source)s刷脸", source=alipay),
                 _("用您的手机打开%(source)s完成，我们得不到人脸照片。", source=alipay), alipay, True, True),
        ShownWay("photo:population", "photo", _("现场拍一张照片"),
                 _("与%(source)s里的证件照片比对，照片不保存。", source=population), population, True, False),
        ShownWay("counter", "counter", _("到政务服务大厅当面核验"),
                 _("带上身份证件，工作人员当面核对，不用人脸识别。"), _("政务服务大厅"), False, True),
    ]  # fmt: skip


def case(*, ial=0, known=False, level="", lapsed=False, lacks=False):
    return Sample(
        standing=Standing(ial, MOMENT + timedelta(days=600) if ial else None, MOMENT if lapsed else None),
        person=Sample() if known else None, level=level, tried=frozenset(), lacks=lacks,
        masked=("测**", _("公民身份号码"), "370199********0017") if known else None,
    )  # fmt: skip


def form(problems=None, general=(), **typed):
    made = forms.ProofForm(formdata=None, data={"document_kind": "resident_id", "name": "", "resident_id": "", **typed})
    for name, messages in (problems or {}).items():
        getattr(made, name).errors = [*messages]
    made.form_errors = [*general]
    return made


def waiting(*, is_desk, is_on_phone=False, app_url=None, has_returned=False):
    attempt = Sample(
        handle="h", open_url=OPEN, app_url=app_url, is_on_phone=is_on_phone, has_returned=has_returned, state="waiting"
    )
    return {
        "journey": JOURNEY, "form": forms.JourneyForm(formdata=None), "attempt": attempt, "is_desk": is_desk,
        "source": _("支付宝"), "here": "/verify-identity/attempts/h", "state_url": "/verify-identity/attempts/h/state",
        "qr": qr_of(OPEN), "phone_url": PHONE_ADDRESS, "phone_qr": qr_of(PHONE_ADDRESS),
        "other_ways": "/verify-identity", "minutes": 9,
    }  # fmt: skip


def result(state):
    return "verify_result.html", {
        "journey": JOURNEY, "state": state, "source": _("支付宝"), "sentence": _(FaceNotProven.sentence),
        "other_ways": "/verify-identity", "again": "/verify-identity",
    }  # fmt: skip


def proof(kind, verdict, source="公安人口库", method=None, **more):
    return ShownProof(
        at=MOMENT, source=source, method=method or _("核对姓名和号码"), asked_by=_("您在账户中心发起"), kind=kind,
        verdict=verdict, until=more.get("until"), number=more.get("number"),
    )  # fmt: skip


def proofs():
    return [
        proof("wait", _("正在进行"), _("支付宝"), _("比对人脸")),
        proof("good", _("一致，程度 %(level)s", level=1), until=MOMENT + timedelta(days=600), number="GK2026112200017"),
        proof("warn", _("没有通过")),
        proof("info", _("没有得到答复")),
    ]


def samples() -> dict[str, tuple[str, dict[str, Any]]]:
    kinds = documents_shown.kinds()
    asked = {"journey": JOURNEY, "facts": _("姓名"), "purpose": None}
    typed = {"name": "测试甲", "resident_id": "370199198503070017", "way": "challenge:alipay"}
    face = text_of(built_in.FACE_CONSENT, built_in.newest(built_in.FACE_CONSENT))
    one = {DocumentKind.RESIDENT_ID: kinds[DocumentKind.RESIDENT_ID]}
    wrong = {"resident_id": ["这个号码不是有效的公民身份号码，请对照身份证检查。"]}
    return {
        "verify": ("verify_identity.html", {**asked, "form": form(), "case": case(), "ways": ways()[:1], "kinds": one}),
        "verify-wrong": (
            "verify_identity.html",
            {**asked, "form": form(wrong, **typed), "case": case(), "ways": ways(), "kinds": kinds},
        ),
        "verify-known": (
            "verify_identity.html", {**asked, "form": form(), "case": case(ial=1, known=True), "ways": ways(), "kinds": kinds},
        ),
        "verify-fresh": (
            "verify_identity.html",
            {**asked, "journey": Sample(handle="wQ3sampleHandle", site_name="投资项目平台（样例）", wanted_ial=0), "form": form(),
             "case": case(ial=1, known=True, lacks=True), "ways": ways(), "kinds": kinds},
        ),
        "verify-lapsed": (
            "verify_identity.html",
            {**asked, "form": form(), "case": case(lapsed=True), "ways": ways()[2:], "kinds": kinds},
        ),
        "verify-no-way": (
            "verify_identity.html", {**asked, "form": form(), "case": case(), "ways": [], "kinds": one},
        ),
        "verify-face-consent": (
            "verify_face_consent.html",
            {"journey": JOURNEY, "form": form(**typed), "case": case(), "way": ways()[0], "others": ways()[2:],
             "version": face.name, "text": legal.markup(face, "en" if language_tag() == "en" else "zh")},
        ),
        "verify-photo": (
            "verify_photo.html",
            {"journey": JOURNEY, "form": form(**typed), "case": case(), "way": ways()[1], "longest": photos.LONGEST},
        ),
        "verify-unavailable": (
            "verify_unavailable.html",
            {"journey": JOURNEY, "form": form(**typed), "case": case(), "way": ways()[0], "others": ways()[1:]},
        ),
        "verify-unavailable-alone": (
            "verify_unavailable.html",
            {"journey": JOURNEY, "form": form(**typed), "case": case(), "way": ways()[0], "others": []},
        ),
        "verify-waiting": ("verify_waiting.html", waiting(is_desk=True)),
        "verify-waiting-on-phone": ("verify_waiting.html", waiting(is_desk=True, is_on_phone=True)),
        "verify-waiting-phone": ("verify_waiting.html", waiting(is_desk=False, app_url="alipays://sample")),
        "verify-waiting-returned": ("verify_waiting.html", waiting(is_desk=False, has_returned=True)),
        "verify-phone": ("verify_phone.html", {"attempt": waiting(is_desk=False)["attempt"], "source": _("支付宝")}),
        "verify-phone-over": ("verify_phone.html", {"attempt": Sample(state="proven"), "source": _("支付宝")}),
        "verify-phone-gone": ("verify_phone.html", {"attempt": None, "source": ""}),
        "verify-returned": ("verify_returned.html", {"source": _("支付宝")}),
        "verify-not-proven": result("not_proven"),
        "verify-abandoned": result("abandoned"),
        "verify-source-down": result("unavailable"),
        "verify-another-account": result("person_has_another_account"),
        "verify-another-person": result("account_is_another_person"),
        "verify-gone": result("gone"),
        "verify-done": ("verify_done.html", {"case": case(ial=1)}),
        "proofs": (
            "account/proofs.html",
            {"proofs": proofs(), "older": "0" * 32, "standing": case(ial=2).standing, "is_due": True,
             "has_face_consent": True, "form": forms.JourneyForm(formdata=None)},
        ),
        "proofs-empty": (
            "account/proofs.html",
            {"proofs": [], "older": None, "standing": case().standing, "is_due": False, "has_face_consent": False,
             "form": forms.JourneyForm(formdata=None)},
        ),
    }  # fmt: skip
