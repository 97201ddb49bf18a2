"""The investment-project platform: a public register with filters, and the projects that a company's people file for it."""

from flask import Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from clients.investment import desk
from clients.investment.filings import ROLES, Filings
from clients.investment.projects import PROJECTS, STATUSES
from clients.kit import Settings, create_site, page


def create_app(settings: Settings | None = None) -> Flask:
    site = create_site("investment", __name__, settings, sign_in=desk.ON_BEHALF, explain=desk.explain)
    site.extensions["filings"] = Filings(site.extensions["settings"].data)
    site.context_processor(lambda: {"company": desk.company(), "roles": ROLES})
    site.register_blueprint(desk.bp)

    @page(site, "/")
    def home() -> ResponseReturnValue:
        wanted = request.args.get("status", "")
        shown = [project for project in PROJECTS if wanted not in STATUSES or project.status == wanted]
        counts = {status: sum(project.status == status for project in PROJECTS) for status in STATUSES}
        return render_template("home.html", projects=shown, counts=counts, wanted=wanted)

    @page(site, "/projects/<code>")
    def project(code: str) -> ResponseReturnValue:
        found = next((project for project in PROJECTS if project.code == code), None) or abort(404)
        return render_template("page.html", project=found)

    return site
