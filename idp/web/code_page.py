"""The page on which a six-digit code is typed, the same for signing in, registering and recovering."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.authn.codes import LIFETIME
from idp.edge import browser
from idp.edge.services import services
from idp.policies.kinds import THROTTLE
from idp.web import challenges, forms, journey
from idp.web.forms import CodeForm
from idp.web.pages import here, link


def show(
    form: CodeForm, *, title: str, back: str, submit: str = "", steps: tuple[str, ...] = (), is_certain: bool = True,
    back_label: str = "",
) -> ResponseReturnValue:  # fmt: skip
    page = flask.render_template(
        "code.html",
        form=form,
        journey=journey.current(),
        title=title,
        action=here(),
        steps=steps,
        submit_label=submit,
        is_certain=is_certain,
        masked_phone=services().codes.masked_target(challenges.in_hand(), browser.device()),
        valid_minutes=int(LIFETIME.total_seconds() // 60),
        resend_in=services().policies.current(THROTTLE).sms_pause_seconds if flask.request.method == "GET" else None,
        sent_again="again" in flask.request.args,
        back=link(back),
        back_label=back_label,
    )
    return page, forms.status_of(form)


def emptied() -> CodeForm:
    """A form for the answer to `send_code`: what was typed so far belongs to the old code."""
    return CodeForm(formdata=None)
