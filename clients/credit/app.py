"""The credit site: a person's own credit record, shown to them alone and only after they agreed to be named."""

from flask import Flask, abort, render_template
from flask.typing import ResponseReturnValue

from clients.credit.record import record_of
from clients.kit import Ask, Notice, Settings, create_site, page, require, visitor

# The record belongs to a verified person; the centre asks that person before it names them here.
NAMED = Ask(scope="openid realname", acr_values="ial1")


def create_app(settings: Settings | None = None) -> Flask:
    site = create_site("credit", __name__, settings, sign_in=NAMED, explain=explain)

    @page(site, "/")
    def home() -> ResponseReturnValue:
        return render_template("home.html")

    @site.get("/report")
    def report() -> ResponseReturnValue:
        if (first := require(NAMED)) is not None:
            return first
        person = visitor() or abort(403)
        return render_template("page.html", record=record_of(person.subject))

    return site


def explain(error: str, back: str) -> Notice | None:
    """A refusal of the centre in this site's own words; `back` is the page that asked."""
    match error:
        case "access_denied":
            title, again = "您没有同意提供实名信息", "重新选择"
            text = "没有您的同意，本站得不到您的姓名和证件号码，也不会展示信用记录。这不影响您使用其他网站，随时可以重新选择。"
        case "unmet_authentication_requirements":
            title, again = "查看信用记录前需要核验身份", "继续核验"
            text = "信用记录只展示给本人。核验一次姓名和公民身份号码后即可查看，您也可以以后再来。"
        case _:
            return None
    return Notice(title, text, status=403, action=(again, "/report"))
