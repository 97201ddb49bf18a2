"""How often people signed in at a site, by day: small numbers are not told, so that nobody is counted out."""

from datetime import timedelta

from flask.typing import ResponseReturnValue

from idp.core import clock
from idp.edge.services import services
from idp.statistics import measures, reading, small
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import bp

workbench.tab("workbench.numbers", word("统计"))
_DAYS = 30


@bp.get("/sites/<client_id>/statistics")
def numbers(client_id: str) -> ResponseReturnValue:
    site = workbench.mine(client_id)
    until = clock.now().astimezone(clock.BEIJING).date()
    since = until - timedelta(days=_DAYS - 1)
    counted: dict[str, dict[object, int]] = {}
    with services().database.view() as db:
        for measure in (measures.SITE_SIGN_IN, measures.SITE_ERROR):
            of_day = counted.setdefault(measure, {})
            for each in reading.days(db, measure, since=since, until=until, client_id=client_id):
                of_day[each.day] = of_day.get(each.day, 0) + each.count
    signed_in, errors = counted[measures.SITE_SIGN_IN], counted[measures.SITE_ERROR]
    days = [until - timedelta(days=back) for back in range(_DAYS)]
    rows = [(day, signed_in.get(day, 0), errors.get(day, 0)) for day in days if day in signed_in or day in errors]
    most = max(signed_in.values(), default=0)
    return workbench.site_page("numbers.html", site, rows=rows, most=most, small=small.SMALL)
