"""In which order the ways of proof are offered: what works first, without a face before with one, the counter after them."""

from __future__ import annotations

from datetime import date

from idp.realname import policy
from idp.realname.policy import Offered, Situation, Way, WayKind
from idp.realname.ports import AssuranceLevel, Capability, SubjectKind, Surface

TODAY = date(2026, 11, 22)
COUNTER = next(each for each in policy.offered_by((), {}, has_counter=True))


def way(
    kind: WayKind, source: str, *, level: int = 2, is_face: bool = True, is_up: bool = True, cost: int = 0
) -> Offered:
    reached = AssuranceLevel(level)
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name"}), reached, "electronic_record", is_face=is_face, cost=cost
    )
    return Offered(Way(f"{kind}:{source}", source, kind, reached, is_face, is_up, source), capability)


CHECK = way(WayKind.CHECK, "population", level=1, is_face=False)
PHOTO = way(WayKind.PHOTO, "population")
ALIPAY = way(WayKind.CHALLENGE, "alipay", cost=100)
EVERYTHING = (PHOTO, COUNTER, ALIPAY, CHECK)


def order(*offered: Offered, wanted: int = 1, surface: Surface = Surface.DESK, failed: str = "") -> list[str]:
    situation = Situation(wanted, surface, failed=frozenset({failed} if failed else ()))
    return [each.name for each in policy.ways(situation, offered, today=TODAY)]


def test_the_lowest_level_comes_first_then_what_costs_least_then_the_counter() -> None:
    assert order(*EVERYTHING) == ["check:population", "photo:population", "challenge:alipay", "counter"]


def test_every_way_of_a_source_that_just_failed_goes_behind_all_others() -> None:
    found = order(*EVERYTHING, failed="check:population")
    assert found == ["challenge:alipay", "counter", "photo:population", "check:population"]


def test_a_source_that_is_down_goes_last() -> None:
    down = way(WayKind.PHOTO, "population", is_up=False)
    assert order(down, COUNTER, ALIPAY, wanted=2) == ["challenge:alipay", "counter", "photo:population"]


def test_without_a_face_comes_before_with_one_at_the_same_level_even_inside_an_application() -> None:
    plain = way(WayKind.CHECK, "plain", is_face=False, cost=500)
    found = order(ALIPAY, PHOTO, plain, wanted=2, surface=Surface.IN_ALIPAY)
    assert found == ["check:plain", "challenge:alipay", "photo:population"]


def test_a_way_without_a_face_is_always_among_them() -> None:
    assert "counter" in order(PHOTO, ALIPAY, COUNTER, wanted=2, failed="challenge:alipay")
