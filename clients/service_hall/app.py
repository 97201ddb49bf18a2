"""The service hall: a catalogue anybody may read, and applications that only a verified person can make."""

from flask import Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from clients.kit import FORM_EXPIRED, Ask, Notice, Settings, check_form, create_site, page, require, show, visitor
from clients.service_hall.applications import Applications
from clients.service_hall.catalogue import SERVICES, Service, theme_of

# An application goes to a named person, so it asks for more than the corner of the page does.
VERIFIED = Ask(scope="openid realname phone", acr_values="ial1")


def create_app(settings: Settings | None = None) -> Flask:
    site = create_site("service_hall", __name__, settings, explain=explain)
    applications = Applications(site.extensions["settings"].data)

    @page(site, "/")
    def home() -> ResponseReturnValue:
        person = visitor()
        mine = applications.of(person.subject) if person else []
        return render_template("home.html", themes=theme_of(SERVICES), mine=mine, services=SERVICES)

    @page(site, "/services/<slug>")
    def guide(slug: str) -> ResponseReturnValue:
        return render_template("page.html", service=_service(slug), step="guide")

    @site.get("/services/<slug>/apply")
    def apply(slug: str) -> ResponseReturnValue:
        service = _service(slug)
        return require(VERIFIED) or _form(service, answers={}, errors={}, once=applications.reserve())

    @site.post("/services/<slug>/apply")
    def submit(slug: str) -> ResponseReturnValue:
        service = _service(slug)
        if (first := require(VERIFIED, back=request.path)) is not None:
            return first
        if not check_form():
            return show(FORM_EXPIRED)
        answers, errors = service.read(request.form)
        once = request.form.get("once", "")
        if errors or not once:
            return _form(service, answers=answers, errors=errors, once=once or applications.reserve()), 422
        person = visitor() or abort(403)
        number = applications.accept(once=once, subject=person.subject, service=slug, answers=answers)
        return redirect(f"/applications/{number}", 303)  # a reload repeats this page, not the application

    @site.get("/applications/<number>")
    def receipt(number: str) -> ResponseReturnValue:
        if (first := require(Ask())) is not None:
            return first
        person = visitor() or abort(403)
        application = applications.find(number, subject=person.subject) or abort(404)
        return render_template(
            "page.html", application=application, service=_service(application.service), step="receipt"
        )

    return site


def explain(error: str, back: str) -> Notice | None:
    """A refusal of the centre in the hall's own words; `back` is the page that asked."""
    if not back.endswith("/apply"):
        return None
    match error:
        case "unmet_authentication_requirements":
            title, text, again = (
                "还差一步：实名核验",
                "办理这个事项需要先核验姓名和公民身份号码，核验一次，以后不再重复。",
                "继续核验",
            )
        case "access_denied":
            title, text, again = (
                "您没有提供办理所需的信息",
                "没有任何信息提供给本站，事项也没有提交。需要办理时可以随时重新开始。",
                "重新开始",
            )
        case _:
            return None
    return Notice(title, text, status=403, action=(again, back))


def _service(slug: str) -> Service:
    return next((service for service in SERVICES if service.slug == slug), None) or abort(404)


def _form(service: Service, **filled: object) -> str:
    if not service.questions:
        abort(404)
    return render_template("page.html", service=service, step="form", **filled)
