"""The test people of a site's department: made, shown with what they were sent, given new passwords, ended."""

import flask
from flask.typing import ResponseReturnValue

from idp.audit.trail import Actor
from idp.edge.services import services
from idp.sites.made_up import NewPassword
from idp.sites.synthetic import LEVELS, MOST, EnoughTestPeople, TestPerson, Wanted
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.test_people", word("测试人员"))


@bp.route("/sites/<client_id>/test-people", methods=["GET", "POST"])
def test_people(client_id: str) -> ResponseReturnValue:
    """All of the department's, and the form for one more."""
    site = workbench.mine(client_id)
    if flask.request.method == "GET":
        return _page(site)
    asked, everything = flask.request.form, services()
    level = asked.get("level", "1")
    wanted = Wanted(
        int(level) if level in map(str, LEVELS) else 1,
        is_minor=asked.get("age") == "minor",
        represents=asked.get("represents") == "yes",
    )
    password, me = NewPassword.make(), workbench.live().account_id
    try:
        with everything.database.transaction() as db:
            made = everything.tryout.people.make(db, client_id, wanted, password, actor=Actor("citizen", me), by=me)
    except EnoughTestPeople as enough:
        return _page(site, problem=enough.sentence, status=400)
    return _shown(site, made, password)


@bp.get("/sites/<client_id>/test-people/<account_id>")
def test_person(client_id: str, account_id: str) -> ResponseReturnValue:
    """One, with the messages that were kept instead of sent."""
    site, everything = workbench.mine(client_id), services()
    with everything.database.view() as db:
        people = everything.tryout.people
        found, texts = people.find(db, client_id, account_id), people.messages(db, client_id, account_id)
    return workbench.site_page("test_person.html", site, person=found, texts=texts)


@bp.post("/sites/<client_id>/test-people/<account_id>")
def change_test_person(client_id: str, account_id: str) -> ResponseReturnValue:
    """A new password, shown once, or the end."""
    site, everything = workbench.mine(client_id), services()
    actor, people = Actor("citizen", workbench.live().account_id), everything.tryout.people
    if flask.request.form.get("action") == "end":
        with everything.database.transaction() as db:
            people.end(db, client_id, account_id, actor=actor)
        everything.worker.wake()
        return flask.redirect(flask.url_for("workbench.test_people", client_id=client_id), 303)
    password = NewPassword.make()
    with everything.database.transaction() as db:
        people.renew(db, client_id, account_id, password, actor=actor)
        found = people.find(db, client_id, account_id)
    return _shown(site, found, password)


def _page(site: Mine, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        people = everything.tryout.people.listing(db, site.client_id)
    return workbench.site_page("test_people.html", site, status, people=people, most=MOST, problem=problem)


def _shown(site: Mine, person: TestPerson, password: NewPassword) -> ResponseReturnValue:
    answer = flask.make_response(
        workbench.site_page("test_person_password.html", site, person=person, password=password.text)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
