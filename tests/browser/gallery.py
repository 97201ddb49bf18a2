"""Every citizen page with sample contexts in a bare application, so that each can be looked at without a backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Flask, abort, render_template
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect

from idp.accounts.errors import LinkedElsewhere
from idp.authn.errors import NotTheOwner
from idp.edge import legal
from idp.guardians.errors import NotAChild
from idp.merging.errors import NotTheOtherAccount
from idp.merging.merging import MergeView
from idp.policies import built_in
from idp.policies.first import text_of
from idp.policies.policies import DatedText
from idp.realname.errors import AnotherPerson
from idp.web import activity, details, forms, pages
from idp.web.account import Device, Overview
from idp.web.children import ShownChild, ShownRequest, relations
from idp.web.choose_principal import Choice, Known
from idp.web.facts_shown import ShownFact, labels
from idp.web.i18n import language_tag
from idp.web.legal import title_of
from idp.web.merge import Side
from idp.web.site_shown import ShownSite
from idp.web.sites_known import KnowingSite
from idp.web.sources_shown import Door, ShownLink
from idp.web.staff_shown import ShownAct
from tests.browser import gallery_verify, organisation_samples, review_samples
from tests.browser.gallery_moment import JOURNEY, MOMENT, Sample

CREDIT = Sample(handle="wQ3sampleHandle", site_name="信用山东（样例）")
TRACE = "7f3c9a51e2d84b06"
PHONE = "199****0001"
PASSWORD_HINT = "至少 8 个字符。一句只有您知道的话，比复杂的符号更安全。"


def _form(kind, problems=None, general=(), **typed):
    form = kind(formdata=None, data=typed)
    for name, messages in (problems or {}).items():
        getattr(form, name).errors = [*messages]
    form.form_errors = [*general]
    return form


def _principal(*codes, serves_people=True, lost=None, problem=None):
    names = {"MA3DEM019F": "山东示例科技有限公司", "MA3T0005XY": "沙箱演示建设有限公司"}
    choices = [Choice("self", _("我本人"), "测试甲")] if serves_people else []
    choices += [Choice(code, names[code], f"{_('经办人')}　91370199{code}") for code in codes]
    return "choose_principal.html", {
        "journey": JOURNEY, "form": _form(forms.JourneyForm, general=[problem] if problem else []), "choices": choices,
        "known": Known((), None, lost, is_proven=not lost and serves_people, label="测试甲"), "serves_people": serves_people,
    }  # fmt: skip


def _account(ial):
    return Overview(
        name="ceshi_jia", phone=PHONE, standing=gallery_verify.case(ial=ial).standing, is_due=ial == 2, may_rise=ial == 1,
        last_sign_in=MOMENT, last_method=_("密码"),
        person_name="测**" if ial else None, document_label="公民身份号码", document="370199********0017" if ial else None,
        is_minor=False,
        verified_at=MOMENT if ial else None, password_changed_at=MOMENT if ial else None,
    )  # fmt: skip


def _facts():
    return [
        ShownFact(
            labels(["realname"])[0],
            (("姓名", "测**"), ("公民身份号码", "370199********0017"), ("性别", "男"), ("出生日期", "1985-**-**")),
            "查找并显示您本人的公共信用记录",
        ),
        ShownFact(labels(["profile"])[0], (("昵称", "小甲"), ("账户名", "ceshi_jia")), "显示您的账号名称"),
        ShownFact(labels(["email"])[0], (), "", note="您还没有填写，现在不会提供。填写之后会提供。"),
        ShownFact(labels(["claim:address"])[0], (("", "山东省济南市****"),), "把证照寄给您", is_essential=True),
    ]


def _vouched():
    by = _("核验证明：%(source)s，%(day)s", source=_("公安人口库"), day=format_date(MOMENT, "long"))
    return [
        ShownFact(labels(["verified:name"])[0], (("", "测**"),), "<b>办理</b> & 备案", note=by, is_essential=True),
        ShownFact(labels(["verified:resident_id"])[0], (("", "370199********0017"),), "", note=by),
        ShownFact(
            labels(["verified:legal_person"])[0],
            (("", "试验样例有限公司 91370199MA3T00001X"),),
            "项目备案",
            note=_("核验证明：%(source)s，%(day)s", source="市场主体登记", day=format_date(MOMENT, "long")),
        ),
        ShownFact(labels(["verified:gender"])[0], (), "", note=_("您现有的核验不符合该网站的要求，现在不会提供。")),
    ]


_SITE = ShownSite("信用山东（样例）", "credit.example", is_reviewed=True, policy_uri=None, tos_uri=None)
_UNKNOWN_SITE = ShownSite(
    "Weather for everybody", "weather.example:8443", is_reviewed=False,
    policy_uri="https://weather.example/privacy", tos_uri="https://weather.example/terms",
)  # fmt: skip


def _parts(*, is_filled):
    written = {
        "nickname": ("小甲", "Jay"), "email": ("jia@example.com",),
        "address": ("山东省济南市历下区样例路 1 号", "250001"), "english-name": ("Jia Ceshi",),
        "web": ("https://people.example.org/ceshi_jia/portrait.png",),
    } if is_filled else {}  # fmt: skip
    return [
        details.Shown(key, part.title, written.get(key, ())) for key, part in details.PARTS.items() if key != "name"
    ]


def _details(key, problems=None, **written):
    form = details.form_of(details.PARTS[key], written)
    for name, messages in (problems or {}).items():
        form[name].errors = [*messages]
    return "account/details_edit.html", {
        "key": key, "part": details.PARTS[key], "form": form, "has_any": bool(written)
    }  # fmt: skip


def _devices():
    return [
        Device("s1", "Chrome · Linux", "192.0.2.17", MOMENT, MOMENT, _("密码"), is_current=True),
        Device("s2", "Safari · iPhone", "2001:db8::17", MOMENT, MOMENT, _("短信验证码"), is_current=False),
    ]


def _links():
    return [
        ShownLink("l1", _("微信"), "小明", MOMENT, MOMENT),
        ShownLink("l2", _("支付宝"), "", MOMENT, None),
    ]  # fmt: skip


def _children():
    return [
        ShownChild("c1", "测**", "ceshi_xiao", _("父母"), False, 9, True),
        ShownChild("c2", "测**", "ceshi_da", _("父母"), True, 15, False),
    ]


def _child_form(problems=None, **typed):
    form = _form(forms.ChildForm, problems, **typed)
    form.relation.choices = list(relations().items())
    return {"form": form, "version": "2026-11-22", "is_down": False, "password_hint": PASSWORD_HINT}


def _merge():
    return MergeView("m1", "a2", MOMENT, MOMENT + timedelta(days=30))


def _doors():
    return [Door("wechat", _("微信")), Door("alipay", _("支付宝"))]


def _sites():
    return [
        KnowingSite("credit", "信用山东（样例）", labels(["realname"]), "consent", MOMENT),
        KnowingSite("hall", "政务服务大厅", labels(["realname", "phone", "profile"]), "statutory_duty", MOMENT),
        KnowingSite("portal", "政务门户", [], "statutory_duty", MOMENT),
        KnowingSite("weather", "Weather for everybody", labels(["claim:email"]), "consent", MOMENT, is_reviewed=False),
        KnowingSite("invest", "投资建设平台", labels(["realname"]), "consent", MOMENT, not_yet=labels(["legal"])),
        KnowingSite("library", "图书馆", labels(["phone"]), "consent", MOMENT, withdrawn_at=MOMENT),
    ]


def _staff_acts():
    return [
        ShownAct(MOMENT, "查看了您的证件号码", "系统管理员，原因：办理您的申请"),
        ShownAct(MOMENT, "重置了登录方式，请用“忘记密码”设置新密码", "部门管理员，原因：本人无法登录"),
    ]


def _events():
    entries = [
        ("sign_in.succeeded", "success", {"method": "password"}),
        ("sign_in.failed", "failure", {"method": "password"}),
        ("identity.proven", "success", {}),
        ("identity.not_proven", "failure", {"verdict": "unavailable"}),
        ("consent.given", "success", {"scope": ["realname"]}),
        ("consent.withdrawn", "success", {}),
        ("details.changed", "success", {"members": ["nickname", "address#en"]}),
        ("session.ended", "success", {"reason": "password_changed"}),
        ("password.changed", "success", {}),
        ("account.registered", "success", {}),
        ("oidc.code_issued", "success", {}),
    ]
    made = [
        Sample(at=MOMENT, act=act, outcome=outcome, client_id="credit", details=details)
        for act, outcome, details in entries
    ]
    return list(activity.told(made, lambda client_id: "信用山东（样例）"))


WRONG = "账户或密码不正确。请检查后再试，或用短信验证码登录。"


def _code(**more):
    return {
        "title": _("输入验证码"),
        "masked_phone": PHONE,
        "valid_minutes": 5,
        "resend_in": 48,
        "action": "/sign-in/code/enter",
        "back": "/sign-in/code",
        "is_certain": True,
        "journey": JOURNEY,
        **more,
    }


def samples():
    """Page name -> (template, context); built for each request, because forms belong to one."""

    def site_error(kind, **more):
        return "error.html", {"kind": kind, "trace_id": TRACE, **more}

    def document(name):
        language = "en" if language_tag() == "en" else "zh"
        dated = [DatedText("2026-11-22", "2026-11-22", None), DatedText("2026-11-01", "2026-11-01", "2026-11-22")]
        text = text_of(name, built_in.newest(name))
        return "legal.html", {"document": legal.shown(name, title_of(name), text, dated, language)}

    f = forms
    return {
        "home": ("home.html", {"account": None}),
        "home-signed-in": ("home.html", {"account": "a"}),
        "sign-in": ("sign_in.html", {"form": _form(f.PasswordSignInForm), "journey": JOURNEY}),
        "sign-in-direct": (
            "sign_in.html",
            {
                "form": _form(f.PasswordSignInForm, identifier="ceshi_jia"),
                "journey": None,
                "note": "请重新输入密码，确认是您本人。",
            },
        ),
        "sign-in-wrong": (
            "sign_in.html",
            {"form": _form(f.PasswordSignInForm, general=[WRONG], identifier="ceshi_jia"), "journey": JOURNEY},
        ),
        "sign-in-empty": (
            "sign_in.html",
            {
                "form": _form(
                    f.PasswordSignInForm, {"identifier": ["请输入账户名或手机号。"], "password": ["请输入密码。"]}
                ),
                "journey": JOURNEY,
            },
        ),
        "sign-in-elsewhere": (
            "sign_in.html",
            {
                "form": _form(f.PasswordSignInForm),
                "journey": JOURNEY,
                "doors": _doors(),
                "warning": _("%(source)s现在没有答复。请换一种方式登录，或过一会儿再试。", source=_("微信")),
            },
        ),
        "unlinked": ("unlinked.html", {"journey": JOURNEY, "source": _("微信"), "shown": "小明"}),
        "link": (
            "link.html",
            {"journey": JOURNEY, "source": _("微信"), "shown": "小明", "account": f"ceshi_jia（{PHONE}）"},
        ),
        "take-over": (
            "take_over.html",
            {
                "form": _form(f.JourneyForm),
                "journey": JOURNEY,
                "source": "济南市认证中心",
                "person": "测**",
                "document": "370199********0017",
                "level": _("已实名"),
            },
        ),
        "take-over-refused": (
            "take_over.html",
            {"form": _form(f.JourneyForm, general=[AnotherPerson.sentence]), "journey": JOURNEY, "is_refused": True},
        ),
        "link-taken": (
            "link_taken.html",
            {"journey": JOURNEY, "source": _("微信"), "message": LinkedElsewhere.sentence},
        ),
        "owner": (
            "owner.html",
            {"form": _form(f.OwnPasswordForm), "journey": JOURNEY, "may_choose": True, "challenge": "0" * 32},
        ),
        "owner-by-document": (
            "owner.html",
            {
                "form": _form(f.IdentityForm, general=[NotTheOwner.sentence], name="测试乙"),
                "journey": JOURNEY,
                "may_choose": True,
                "by_document": True,
                "challenge": "0" * 32,
            },
        ),
        "owner-not-mine": ("owner_not_mine.html", {"form": _form(f.JourneyForm), "journey": JOURNEY}),
        "sign-in-code": ("sign_in_code.html", {"form": _form(f.PhoneForm), "journey": JOURNEY, "method": "code"}),
        "sign-in-code-wrong": (
            "sign_in_code.html",
            {
                "form": _form(f.PhoneForm, {"phone": ["手机号应为 11 位数字。"]}, phone="1990000"),
                "journey": JOURNEY,
                "method": "code",
            },
        ),
        "code": ("code.html", _code(form=_form(f.CodeForm))),
        "code-wrong": (
            "code.html",
            _code(form=_form(f.CodeForm, {"otp": ["验证码不正确，请检查后重新输入。"]}), is_certain=False, resend_in=0),
        ),
        "code-again": ("code.html", _code(form=_form(f.CodeForm), sent_again=True)),
        "register": (
            "register_phone.html",
            {"form": _form(f.RegisterPhoneForm), "journey": JOURNEY, "versions": built_in.CURRENT},
        ),
        "register-wrong": (
            "register_phone.html",
            {
                "form": _form(
                    f.RegisterPhoneForm, {"agree": ["请先阅读并勾选同意用户协议和隐私政策。"]}, phone="19900000001"
                ),
                "journey": JOURNEY,
                "versions": built_in.CURRENT,
            },
        ),
        "register-code": (
            "code.html",
            _code(
                form=_form(f.CodeForm),
                steps=[_("手机号"), _("验证码"), _("账户")],
                action="/register/code",
                back="/register",
            ),
        ),
        "register-account": (
            "register_account.html",
            {
                "form": _form(f.NewAccountForm),
                "journey": JOURNEY,
                "masked_phone": PHONE,
                "action": "/register/account",
                "password_hint": PASSWORD_HINT,
            },
        ),
        "first-sign-in": (
            "register_account.html",
            {
                "form": _form(f.FirstSignInForm),
                "journey": JOURNEY,
                "masked_phone": PHONE,
                "action": "/register/account",
                "password_hint": PASSWORD_HINT,
                "versions": built_in.CURRENT,
            },
        ),
        "recover-code": (
            "code.html",
            _code(form=_form(f.CodeForm), masked_phone=None, is_certain=False, resend_in=None),
        ),
        "register-account-wrong": (
            "register_account.html",
            {
                "form": _form(
                    f.NewAccountForm, {"password": ["这个密码太常见，很容易被猜到，请换一个。"]}, identifier="ceshi_jia"
                ),
                "journey": JOURNEY,
                "masked_phone": PHONE,
                "action": "/register/account",
                "password_hint": PASSWORD_HINT,
            },
        ),
        "recover": ("recover.html", {"form": _form(f.IdentifierForm), "journey": None}),
        "recover-password": (
            "recover_password.html",
            {
                "form": _form(f.NewPasswordForm),
                "journey": JOURNEY,
                "action": "/recover/password",
                "password_hint": PASSWORD_HINT,
            },
        ),
        **gallery_verify.samples(),
        **{
            f"verify-counter-{name}": (
                "verify_counter.html",
                {
                    "journey": JOURNEY,
                    "form": _form(forms.JourneyForm),
                    "ticket": ticket,
                    "is_proven": proven,
                    "state": state,
                    "case": Sample(state=state, expires_at=MOMENT) if state else None,
                    "may_merge": name == "another-account",
                },
            )
            for name, ticket, state, proven in (
                ("begin", None, "", False),
                ("code", Sample(code="20394857", expires_at=MOMENT), "waiting", False),
                ("waiting", None, "waiting", False),
                ("refused", None, "refused", False),
                ("another-account", None, "refused", False),
                ("proven", None, "", True),
            )
        },
        "consent": (
            "consent.html",
            {"journey": CREDIT, "site": _SITE, "facts": _facts(), "account_label": "ceshi_jia"},
        ),
        "consent-not-reviewed": (
            "consent.html",
            {"journey": CREDIT, "site": _UNKNOWN_SITE, "facts": _facts()[1:3], "account_label": "ceshi_jia"},
        ),
        "consent-vouched": (
            "consent.html",
            {"journey": CREDIT, "site": _SITE, "facts": _vouched(), "account_label": "ceshi_jia"},
        ),
        "consent-nothing": ("consent.html", {"journey": CREDIT, "site": _UNKNOWN_SITE, "facts": []}),
        "details": (
            "account/details.html",
            {
                "parts": _parts(is_filled=True),
                "confirmed": [("姓名", "测**"), ("性别", "男"), ("出生日期", "1985-**-**"), ("手机号", PHONE)],
            },
        ),
        "details-empty": ("account/details.html", {"parts": _parts(is_filled=False), "confirmed": [("手机号", PHONE)]}),
        "details-address": _details("address", address={"region": "山东省", "locality": "济南市"}),
        "details-email-wrong": _details(
            "email", {"email": ["请输入完整的邮箱地址，例如 name@example.com。"]}, email="jia@"
        ),
        "details-english-name": _details("english-name", **{"given_name#en": "Jia", "family_name#en": "Ceshi"}),
        "details-web": _details("web"),
        "details-name": _details("name"),
        "details-nickname": _details("nickname"),
        "details-english-address": _details("english-address"),
        **organisation_samples.samples(_form),
        **review_samples.samples(_form),
        "choose-principal": _principal("MA3DEM019F", "MA3T0005XY"),
        "choose-principal-lost": _principal(lost="山东示例商贸有限公司"),
        "choose-principal-wrong": _principal("MA3DEM019F", problem="请选择您代表谁。"),
        "choose-principal-nobody": _principal(serves_people=False),
        "other-person": (
            "other_person.html",
            {"journey": JOURNEY, "account_label": "ceshi_jia（199****0001）", "is_synthetic": False},
        ),
        "other-person-synthetic": (
            "other_person.html",
            {"journey": JOURNEY, "account_label": "cs-3f9c21d8", "is_synthetic": True},
        ),
        "choose-account": ("choose_account.html", {"journey": JOURNEY, "account_label": "ceshi_jia（199****0001）"}),
        "agreements": (
            "agreements.html",
            {
                "journey": JOURNEY,
                "documents": [
                    Sample(
                        document="user_agreement", title="《用户协议》", version="2026-11-01", url="/legal/agreement"
                    ),
                    Sample(document="privacy_notice", title="《隐私政策》", version="2026-11-01", url="/legal/privacy"),
                ],
            },
        ),
        "account": ("account/overview.html", {"account": _account(1)}),
        "account-minor": ("account/overview.html", {"account": replace(_account(1), is_minor=True)}),
        "account-due": ("account/overview.html", {"account": _account(2)}),
        "account-waiting": (
            "account/overview.html",
            {"account": _account(1), "has_offer": True, "has_request": True},
        ),
        "account-new": ("account/overview.html", {"account": _account(0), "done": "账户已经可以使用。"}),
        "security": ("account/security.html", {"account": _account(1), "sessions": _devices()}),
        "security-links": (
            "account/security.html",
            {"account": _account(1), "sessions": _devices(), "links": _links(), "doors": _doors()},
        ),
        "children": (
            "account/children.html",
            {
                "children": _children(),
                "may_add": True,
                "form": _form(f.JourneyForm),
                "waiting": [ShownRequest("r1", "测**", "信用山东（样例）", labels(["realname"]), MOMENT, "s")],
            },
        ),
        "children-none": ("account/children.html", {"children": [], "may_add": False}),
        "child-add": ("account/child_add.html", _child_form()),
        "child-add-wrong": (
            "account/child_add.html",
            _child_form({"resident_id": [NotAChild.sentence], "relation": ["请选择您与孩子的关系。"]}, name="测试甲"),
        ),
        "child": (
            "account/child.html",
            {
                "child": _children()[0],
                "form": _form(f.NewPasswordForm),
                "sites": [*_sites()[:2], _sites()[-1]],
                "devices": [Sample(browser="Chrome · Android", created_at=MOMENT, seen_at=MOMENT)],
                "password_hint": PASSWORD_HINT,
            },
        ),
        "child-grown": (
            "account/child.html",
            {
                "child": _children()[1],
                "form": _form(f.NewPasswordForm),
                "sites": [],
                "devices": [],
                "password_hint": PASSWORD_HINT,
            },
        ),
        "child-close": ("account/child_close.html", {"child": _children()[0], "form": _form(f.JourneyForm)}),
        **{
            f"consent-of-child{name}": (
                "consent_of_child.html",
                {
                    "journey": CREDIT,
                    "form": _form(f.JourneyForm),
                    "is_asked": is_asked,
                    "may_decide": may_decide,
                    "facts": labels(["realname", "phone"]),
                },
            )
            for name, is_asked, may_decide in (("", False, True), ("-asked", True, True), ("-alone", False, False))
        },
        "merge": ("merge.html", {"form": _form(f.PasswordSignInForm), "journey": JOURNEY, "phone": PHONE}),
        "merge-wrong": (
            "merge.html",
            {
                "form": _form(f.PasswordSignInForm, general=[NotTheOtherAccount.sentence], identifier="ceshi_jia"),
                "journey": None,
            },
        ),
        "merge-code": ("merge_code.html", {"form": _form(f.IdentifierForm), "journey": JOURNEY}),
        "merge-confirm": (
            "merge_confirm.html",
            {
                "form": _form(f.JourneyForm),
                "journey": JOURNEY,
                "kept": Side(f"ceshi_jia（{PHONE}）", ()),
                "other": Side("199****0002", ("信用山东（样例）", "政务服务大厅")),
                "undo_days": 30,
            },
        ),
        "security-merged": (
            "account/security.html",
            {
                "account": _account(1),
                "sessions": _devices(),
                "merges": [_merge()],
                "links": _links(),
                "doors": _doors(),
            },
        ),
        "part": ("account/part.html", {"form": _form(f.JourneyForm), "merge": _merge()}),
        "phone": ("account/phone.html", {"form": _form(f.PhoneForm)}),
        "unlink": ("account/unlink.html", {"link": _links()[0]}),
        "unlink-last": ("account/unlink.html", {"link": _links()[0], "is_last": True}),
        "password": (
            "account/password.html",
            {"form": _form(f.ChangePasswordForm), "has_password": True, "password_hint": PASSWORD_HINT},
        ),
        "sites": (
            "account/sites.html",
            {"sites": _sites(), "behalf": {"hall": "山东示例科技有限公司", "portal": "我本人"}},
        ),
        "sites-empty": ("account/sites.html", {"sites": []}),
        "withdraw": ("account/withdraw.html", {"site": _sites()[0]}),
        "activity": ("account/activity.html", {"events": _events()}),
        "activity-staff": ("account/activity.html", {"events": _events(), "staff": _staff_acts()}),
        "sign-out": (
            "sign_out.html",
            {"site_names": ["政务门户", "政务服务大厅", "信用山东（样例）"], "wanted_by": "政务门户"},
        ),
        "device": ("device.html", {"form": _form(f.UserCodeForm)}),
        "device-wrong": (
            "device.html",
            {"form": _form(f.UserCodeForm, {"user_code": ["没有找到这个代码。"]}, user_code="BCDF-GHJK")},
        ),
        "device-compare": (
            "device_compare.html",
            {
                "site_name": "政务服务大厅自助终端",
                "user_code": "BCDF-GHJK",
                "facts": labels(["realname", "phone"]),
                "account_label": "ceshi_jia（199****0001）",
            },
        ),
        "stranger": (
            "stranger.html",
            {
                "site_name": _UNKNOWN_SITE.name,
                "host": _UNKNOWN_SITE.host,
                "target": None,
                "location": "https://weather.example",
            },
        ),
        "device-approved": ("device_done.html", {"outcome": "approved", "site_name": "政务服务大厅自助终端"}),
        "device-refused": ("device_done.html", {"outcome": "denied"}),
        "device-too-late": ("device_done.html", {"outcome": "too_late"}),
        "signing-out": (
            "signing_out.html",
            {"names": ["政务门户", "政务服务大厅"], "frames": [], "onward": "#main", "back_name": "政务门户"},
        ),
        "signed-out": (
            "signed_out.html",
            {
                "sites": [
                    Sample(name="政务门户", state="delivered"),
                    Sample(name="政务服务大厅", state="waiting"),
                    Sample(name="信用山东（样例）", state="dead"),
                ],
                "back": "/",
                "back_name": "政务门户",
            },
        ),
        "signed-out-nothing": ("signed_out.html", {"sites": []}),
        **{
            f"error-{kind}": site_error(kind)
            for kind in (
                "bad_request",
                "csrf",
                "forbidden",
                "not_found",
                "method",
                "too_large",
                "server",
                "unavailable",
                "unknown_client",
                "bad_redirect",
                "bad_sign_out",
            )
        },
        "error-too_many": site_error("too_many", retry_after=10),
        "error-expired_journey": site_error("expired_journey", way_on=Sample(url="/", name="政务服务大厅")),
        "privacy": document("privacy_notice"),
        "agreement": document("user_agreement"),
        "help": ("help.html", {}),
        "preferences": ("preferences.html", {"done": True}),
    }


def create_app() -> Flask:
    app = Flask(
        "gallery",
        template_folder=str(pages.STATIC.parent / "templates"),
        static_folder=str(pages.STATIC),
        static_url_path="/static",
    )
    app.config.update(SECRET_KEY="gallery only", WTF_CSRF_TIME_LIMIT=None)
    CSRFProtect(app)
    pages.init_app(app)

    @app.after_request
    def same_policy_as_the_service(answer):
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'"
        )
        return answer

    @app.get("/page/<name>")
    def show(name):
        known = samples()
        if name not in known:
            abort(404)
        template, context = known[name]
        return render_template(template, **context)

    @app.get("/names")
    def names():
        return sorted(samples())

    return app
