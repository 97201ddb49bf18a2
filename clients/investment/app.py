"""The investment-project platform: a public register with filters, and the signed-in person's own projects."""

from flask import Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from clients.investment.projects import PROJECTS, STATUSES, filed_by
from clients.kit import Ask, Settings, create_site, page, require, visitor


def create_app(settings: Settings | None = None) -> Flask:
    site = create_site("investment", __name__, settings)

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

    @site.get("/mine")
    def mine() -> ResponseReturnValue:
        if (first := require(Ask())) is not None:
            return first
        person = visitor() or abort(403)
        return render_template("home.html", projects=filed_by(person.subject), is_mine=True)

    return site
