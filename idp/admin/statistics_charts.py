"""The charts of the statistics, each of which is a table first: what the page draws, shows and gives away as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from idp.admin import statistics_words as words
from idp.admin.texts import say, word
from idp.core import regions
from idp.edge import places
from idp.oidc.models import Client
from idp.staff.reach import Reach
from idp.statistics import measures, reading
from idp.statistics.reading import Step

Cell = int | None  # None is a number too small to be told


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, within the operator's reach; by months the period is of whole ones.

    `counted` is what was read of it, by measure.
    """

    since: date
    until: date
    region: str
    client_id: str
    reach: Reach
    site_names: dict[str, str]
    by: Step
    counted: Mapping[str, list[reading.DayCount]] = field(default_factory=dict)

    @property
    def is_of_sites(self) -> bool:
        """Whether only what happens at sites can be told."""
        return bool(self.client_id) or self.reach.clients is not None

    @property
    def first_column(self) -> str:
        return word("月份") if self.by is Step.MONTH else word("日期")

    def steps(self) -> list[tuple[date, str]]:
        """The days of the period, or the first of its months, each with its name."""
        found, day = list[tuple[date, str]](), self.by.first(self.since)
        while day <= self.until:
            found.append((day, f"{day:%Y-%m}" if self.by is Step.MONTH else day.isoformat()))
            day = self.by.first(day + timedelta(days=31 if self.by is Step.MONTH else 1))
        return found


@dataclass(frozen=True, slots=True)
class Chart:
    """A table with a name: a first column of days or names, and numbers. `kind` is how it is drawn."""

    code: str
    title: str
    kind: str  # lines | stack (columns over days) | bars (one beside another, across)
    first: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    codes: tuple[str, ...] = ()  # of the rows, where these have any: files tell them beside the names

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(sum(cells[place] or 0 for _, cells in self.rows) for place in range(len(self.series)))

    @property
    def is_empty(self) -> bool:
        return not any(cell is None or cell for _, cells in self.rows for cell in cells)

    def drawn(self) -> dict[str, object]:
        """What the script draws."""
        return {
            "kind": self.kind,
            "labels": [name for name, _ in self.rows],
            "series": [
                {"name": name, "values": [cells[place] for _, cells in self.rows]}
                for place, name in enumerate(self.series)
            ],
        }


def make(db: Session, asked: Asked, codes: Sequence[str]) -> list[Chart]:
    """These charts; their days are read at once, in one statement."""
    ways = [(_AT_SITES if asked.is_of_sites else {}).get(code, _READS.get(code, ())) for code in codes]
    counted = reading.several(
        db, {measure for way in ways for measure in way}, since=asked.since, until=asked.until,
        client_id=asked.client_id or None, region=asked.region, reach=asked.reach, by=asked.by,
    )  # fmt: skip
    known = replace(asked, counted=counted)
    return [ALL[code](db, known) for code in codes]


def naming() -> Select[tuple[str, str]]:
    """Sites and what they are called."""
    return select(Client.client_id, Client.metadata_["client_name"].as_string().label("name"))


def sign_ins(_db: Session, asked: Asked) -> Chart:
    if asked.is_of_sites:
        return _by_day(asked, "sign_ins", word("应用登录"), "lines", [(measures.SITE_SIGN_IN, word("登录次数"))])
    title = word("每月登录") if asked.by is Step.MONTH else word("每日登录")
    lines = [(measures.SIGN_IN, word("登录成功")), (measures.SIGN_IN_FAILED, word("登录失败"))]
    return _by_day(asked, "sign_ins", title, "lines", lines)


def new_people(_db: Session, asked: Asked) -> Chart:
    return _by_day(asked, "new_people", word("新注册用户"), "lines", [(measures.NEW_ACCOUNT, word("新注册"))])


def levels(_db: Session, asked: Asked) -> Chart:
    found = asked.counted[measures.LEVEL]
    cells = {(each.day, each.key): _cell(each) for each in found}
    rows = tuple((name, tuple(cells.get((day, level), 0) for level in "123")) for day, name in asked.steps())
    series = tuple(words.key(measures.LEVEL, level) for level in "123")
    return Chart("levels", say(word("达到的核验程度")), "stack", say(asked.first_column), series, rows)


def sources(_db: Session, asked: Asked) -> Chart:
    verdicts = ("verified", "refuted", "unavailable", "abandoned")
    counts = _sums(asked.counted[measures.PROOF])
    names = sorted({key.partition("/")[0] for key in counts})
    cells = {name: tuple(counts.get(f"{name}/{each}", 0) for each in verdicts) for name in names}
    ranked = sorted(cells, key=lambda name: -sum(cell or 0 for cell in cells[name]))
    rows = tuple((words.key(measures.PROOF, name), cells[name]) for name in ranked)
    series = tuple(words.key(measures.PROOF, each) for each in verdicts)
    return Chart("sources", say(word("身份源与结果")), "bars", say(word("身份源")), series, rows, tuple(ranked))


def sites(db: Session, asked: Asked) -> Chart:
    found = reading.sites(
        db,
        measures.SITE_SIGN_IN,
        since=asked.since,
        until=asked.until,
        region=asked.region,
        reach=asked.reach,
        by=asked.by,
    )
    named = db.execute(naming().where(Client.client_id.in_([each.client_id for each in found])))
    names = {row.client_id: row.name for row in named}
    rows = tuple(
        (names.get(each.client_id) or each.client_id, (None if each.is_small else each.count,)) for each in found
    )
    return Chart("sites", say(word("登录最多的十个应用")), "bars", say(word("应用")), (say(word("登录次数")),), rows,
                 tuple(each.client_id for each in found))  # fmt: skip


def divisions(db: Session, asked: Asked) -> Chart:
    if asked.is_of_sites:
        return _by_division(db, asked, "divisions", measures.SITE_SIGN_IN, word("各地区应用登录"))
    return _by_division(db, asked, "divisions", measures.SIGN_IN, word("各地区登录"))


def new_people_of_divisions(db: Session, asked: Asked) -> Chart:
    return _by_division(db, asked, "new_people_of_divisions", measures.NEW_ACCOUNT, word("各地区新注册"))


def failures(_db: Session, asked: Asked) -> Chart:
    measure = measures.SITE_ERROR if asked.is_of_sites else measures.SIGN_IN_FAILED
    title = word("应用出错原因") if asked.is_of_sites else word("登录失败原因")
    return _by_key(asked, measure, "failures", title, word("原因"))


def consents(_db: Session, asked: Asked) -> Chart:
    lines = [
        (measures.CONSENT_GIVEN, word("已同意")), (measures.CONSENT_REFUSED, word("已拒绝")),
        (measures.CONSENT_WITHDRAWN, word("已撤回")),
    ]  # fmt: skip
    return _by_day(asked, "consents", word("对应用的同意"), "lines", lines)


def troubles(_db: Session, asked: Asked) -> Chart:
    lines = [(measures.SITE_ERROR, word("应用出错")), (measures.DELIVERY_FAILED, word("投递失败"))]
    return _by_day(asked, "troubles", word("应用出错与投递失败"), "lines", lines)


def logouts(_db: Session, asked: Asked) -> Chart:
    title = word("每月退出") if asked.by is Step.MONTH else word("每日退出")
    return _by_day(asked, "logouts", title, "lines", [(measures.LOGOUT, word("退出次数"))])


def operators(_db: Session, asked: Asked) -> Chart:
    return _by_key(asked, measures.OPERATOR_ACT, "operators", word("管理操作"), word("类别"))


Maker = Callable[[Session, Asked], Chart]
ALL: dict[str, Maker] = {
    "sign_ins": sign_ins, "new_people": new_people, "levels": levels, "sources": sources, "sites": sites,
    "divisions": divisions, "new_people_of_divisions": new_people_of_divisions,
    "failures": failures, "consents": consents, "troubles": troubles, "logouts": logouts, "operators": operators,
}  # fmt: skip
_READS: dict[str, tuple[str, ...]] = {
    "sign_ins": (measures.SIGN_IN, measures.SIGN_IN_FAILED), "new_people": (measures.NEW_ACCOUNT,),
    "levels": (measures.LEVEL,), "sources": (measures.PROOF,), "failures": (measures.SIGN_IN_FAILED,),
    "consents": (measures.CONSENT_GIVEN, measures.CONSENT_REFUSED, measures.CONSENT_WITHDRAWN),
    "troubles": (measures.SITE_ERROR, measures.DELIVERY_FAILED), "logouts": (measures.LOGOUT,),
    "operators": (measures.OPERATOR_ACT,),
}  # fmt: skip
"""Chart → the measures whose days it shows; at sites two of them show others."""
_AT_SITES = {"sign_ins": (measures.SITE_SIGN_IN,), "failures": (measures.SITE_ERROR,)}
_NOT_OF_SITES = {"new_people", "new_people_of_divisions", "logouts", "operators"}
_OF_DIVISIONS = {"divisions", "new_people_of_divisions"}


def offered(asked: Asked, *, sees_operators: bool) -> list[str]:
    """The charts of this page: of one site there is less to tell, and not everybody counts what operators do."""
    hidden = (_NOT_OF_SITES if asked.is_of_sites else set()) | (set() if sees_operators else {"operators"})
    hidden |= {"sites"} if asked.client_id else set()
    hidden |= set() if _parts(asked) else _OF_DIVISIONS
    return [code for code in ALL if code not in hidden]


def _by_day(asked: Asked, code: str, title: str, kind: str, lines: Sequence[tuple[str, str]]) -> Chart:
    counts: dict[tuple[date, str], Cell] = {}
    for measure, _ in lines:
        for each in asked.counted[measure]:
            held, new = counts.get((each.day, measure), 0), _cell(each)
            counts[each.day, measure] = None if held is None or new is None else held + new
    rows = tuple((shown, tuple(counts.get((day, name), 0) for name, _ in lines)) for day, shown in asked.steps())
    return Chart(code, say(title), kind, say(asked.first_column), tuple(say(name) for _, name in lines), rows)


def _parts(asked: Asked) -> list[str]:
    """The divisions to set beside each other: counties of a city, cities of a province, or the cities that have names."""
    division = asked.region or asked.reach.region
    return regions.parts(division) if division else [code for code in places.NAMES if not code.endswith("0000")]


def _by_division(db: Session, asked: Asked, code: str, measure: str, title: str) -> Chart:
    found = reading.divisions(
        db, measure, _parts(asked), since=asked.since, until=asked.until, client_id=asked.client_id or None,
        reach=asked.reach, by=asked.by,
    )  # fmt: skip
    rows = tuple((places.name(each.division), (None if each.is_small else each.count,)) for each in found)
    return Chart(code, say(title), "bars", say(word("地区")), (say(word("次数")),), rows)


def _by_key(asked: Asked, measure: str, code: str, title: str, first: str) -> Chart:
    counts = _sums(asked.counted[measure])
    ranked = sorted(counts, key=lambda key: (-(counts[key] or 0), key))[:12]
    rows = tuple((words.key(measure, key), (counts[key],)) for key in ranked)
    return Chart(code, say(title), "bars", say(first), (say(word("次数")),), rows, tuple(ranked))


def _sums(found: Sequence[reading.DayCount]) -> dict[str, Cell]:
    """By key over the period, of what may be told; None where nothing of it may."""
    counts: dict[str, Cell] = {}
    for each in found:
        if each.is_small:
            counts.setdefault(each.key, None)
        else:
            counts[each.key] = (counts.get(each.key) or 0) + each.count
    return counts


def _cell(each: reading.DayCount) -> Cell:
    return None if each.is_small else each.count
