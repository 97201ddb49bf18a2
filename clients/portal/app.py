"""The portal: public news for everybody, and a greeting for whoever is signed in."""

from flask import Flask, abort, render_template
from flask.typing import ResponseReturnValue

from clients.kit import Settings, create_site, page
from clients.portal.news import NEWS, SERVICES


def create_app(settings: Settings | None = None) -> Flask:
    site = create_site("portal", __name__, settings)

    @page(site, "/")
    def home() -> ResponseReturnValue:
        return render_template("home.html", news=NEWS, services=SERVICES)

    @page(site, "/news/<slug>")
    def article(slug: str) -> ResponseReturnValue:
        story = next((story for story in NEWS if story.slug == slug), None) or abort(404)
        return render_template("page.html", story=story)

    return site
