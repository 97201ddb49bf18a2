"""Every citizen page with sample contexts in a bare application, so that each can be looked at without a backend."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace as Sample

from flask import Flask, abort, render_template
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup

from idp.web import forms, legal, pages
from idp.web.i18n import language_tag

MOMENT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
JOURNEY = Sample(handle="wQ3sampleHandle", site_name="政务服务大厅")
CREDIT = Sample(handle="wQ3sampleHandle", site_name="信用山东（样例）")
TRACE = "7f3c9a51e2d84b06"
PHONE = "199****0001"


def _form(kind, problems=None, general=(), **typed):
    form = kind(formdata=None, data=typed)
    for name, messages in (problems or {}).items():
        getattr(form, name).errors = [*messages]
    form.form_errors = [*general]
    return form


def _account(ial):
    known = {"person_name": "测*", "resident_id": "370199********0017", "verified_at": MOMENT} if ial else {}
    return Sample(
        **{
            "name": "ceshi_jia",
            "phone": PHONE,
            "last_sign_in": MOMENT,
            "last_method": "密码",
            "ial": ial,
            "person_name": None,
            "resident_id": None,
            "verified_at": None,
            "password_changed_at": MOMENT if ial else None,
            **known,
        }
    )


FACTS = [
    Sample(name="name", label="姓名", value="测*", purpose="用于确认报告属于您本人", is_optional=False),
    Sample(
        name="resident_id",
        label="公民身份号码",
        value="370199********0017",
        purpose="用于查找您的信用记录",
        is_optional=False,
    ),
    Sample(name="phone", label="手机号", value=PHONE, purpose="用于在报告有变化时通知您", is_optional=True),
]
STEPS = ["手机号", "验证码", "账户"]
LONG_AGENT = "Chromium 131 · Linux"
SESSIONS = [
    Sample(
        id="s1",
        device=LONG_AGENT,
        is_current=True,
        signed_in_at=MOMENT,
        method="密码",
        address="192.0.2.17",
        sites=["政务门户", "政务服务大厅"],
    ),
    Sample(
        id="s2",
        device="Safari · iPhone",
        is_current=False,
        signed_in_at=MOMENT,
        method="短信验证码",
        address="2001:db8::17",
        sites=["信用山东（样例）"],
    ),
]
SITES = [
    Sample(
        client_id="credit", name="信用山东（样例）", facts=["姓名", "公民身份号码"], basis="consent", released_at=MOMENT
    ),
    Sample(
        client_id="hall",
        name="政务服务大厅",
        facts=["姓名", "公民身份号码", "手机号"],
        basis="statutory_duty",
        released_at=MOMENT,
    ),
    Sample(client_id="portal", name="政务门户", facts=[], basis="statutory_duty", released_at=MOMENT),
]
EVENTS = [
    Sample(kind="good", text="登录成功", detail="密码 · 192.0.2.17", at=MOMENT),
    Sample(kind="warn", text="登录没有成功", detail="密码 · 198.51.100.4", at=MOMENT),
    Sample(kind="info", text="与人口库核对身份", detail="由政务服务大厅发起 · 一致", at=MOMENT),
    Sample(kind="info", text="授权给信用山东（样例）", detail="姓名、公民身份号码", at=MOMENT),
]
WRONG = "账户或密码不正确。请检查后再试，或用短信验证码登录。"


def _code(**more):
    return {
        "title": "输入验证码",
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

    def document(name, title):
        version = legal.current(name)
        text = legal.text(name, version, "en" if language_tag() == "en" else "zh")
        return "legal.html", {
            "document": Sample(title=title, version=version, versions=legal.versions(name), text=Markup(text.html))
        }

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
            {"form": _form(f.RegisterPhoneForm), "journey": JOURNEY, "versions": legal.current_versions()},
        ),
        "register-wrong": (
            "register_phone.html",
            {
                "form": _form(
                    f.RegisterPhoneForm, {"agree": ["请先阅读并勾选同意用户协议和隐私政策。"]}, phone="19900000001"
                ),
                "journey": JOURNEY,
                "versions": legal.current_versions(),
            },
        ),
        "register-code": (
            "code.html",
            _code(form=_form(f.CodeForm), steps=STEPS, action="/register/code", back="/register"),
        ),
        "register-account": (
            "register_account.html",
            {"form": _form(f.NewAccountForm), "journey": JOURNEY, "masked_phone": PHONE},
        ),
        "register-account-wrong": (
            "register_account.html",
            {
                "form": _form(
                    f.NewAccountForm, {"password": ["这个密码太常见，很容易被猜到，请换一个。"]}, identifier="ceshi_jia"
                ),
                "journey": JOURNEY,
                "masked_phone": PHONE,
            },
        ),
        "recover": ("recover.html", {"form": _form(f.IdentifierForm), "journey": None}),
        "recover-password": ("recover_password.html", {"form": _form(f.NewPasswordForm), "journey": JOURNEY}),
        "verify": (
            "verify_identity.html",
            {"form": _form(f.IdentityForm), "journey": JOURNEY, "facts": "姓名、公民身份号码、手机号", "purpose": None},
        ),
        "verify-refused": (
            "verify_identity.html",
            {
                "form": _form(
                    f.IdentityForm,
                    general=["没有核验成功。请核对姓名和公民身份号码是否与身份证一致；仍有问题请到窗口核验。"],
                    name="测试甲",
                    resident_id="370199198503070017",
                ),
                "journey": JOURNEY,
                "facts": "姓名、公民身份号码",
                "purpose": None,
            },
        ),
        "verify-unavailable": ("verify_unavailable.html", {"journey": JOURNEY, "trace_id": TRACE}),
        "verify-done": ("verify_done.html", {}),
        "consent": ("consent.html", {"journey": CREDIT, "facts": FACTS, "account_label": "ceshi_jia"}),
        "choose-account": ("choose_account.html", {"journey": JOURNEY, "account_label": "ceshi_jia（199****0001）"}),
        "agreements": (
            "agreements.html",
            {
                "journey": JOURNEY,
                "documents": [
                    Sample(title="《用户协议》", version="2026-11-01", url="/legal/agreement"),
                    Sample(title="《隐私政策》", version="2026-11-01", url="/legal/privacy"),
                ],
            },
        ),
        "account": ("account/overview.html", {"account": _account(1)}),
        "account-new": ("account/overview.html", {"account": _account(0), "done": "账户已经可以使用。"}),
        "security": ("account/security.html", {"account": _account(1), "sessions": SESSIONS}),
        "password": ("account/password.html", {"form": _form(f.ChangePasswordForm), "has_password": True}),
        "sites": ("account/sites.html", {"sites": SITES}),
        "sites-empty": ("account/sites.html", {"sites": []}),
        "withdraw": ("account/withdraw.html", {"site": SITES[0]}),
        "activity": ("account/activity.html", {"events": EVENTS}),
        "sign-out": ("sign_out.html", {"site_names": ["政务门户", "政务服务大厅", "信用山东（样例）"]}),
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
            )
        },
        "error-too_many": site_error("too_many", retry_after=10),
        "error-expired_journey": site_error("expired_journey", way_on=Sample(url="/", name="政务服务大厅")),
        "privacy": document("privacy_notice", "隐私政策"),
        "agreement": document("user_agreement", "用户协议"),
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
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
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
