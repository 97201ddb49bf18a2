"""What is published of levels, and of how long a proof counts, is what the sources declare."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.core.identifiers import DocumentKind
from idp.realname import counter, levels
from idp.realname.adapters.alipay import face as alipay_face
from idp.realname.adapters.alipay import sign_in as alipay_sign_in
from idp.realname.adapters.population import adapter as population
from idp.realname.adapters.upstream_oidc.sign_in import UpstreamSignIn
from idp.realname.adapters.wechat import face as wechat_face
from idp.realname.adapters.wechat import sign_in as wechat_sign_in
from idp.realname.ports import Capability
from idp.realname.sources import BUILT_IN

DOCS = Path(__file__).parents[2] / "docs"
YEAR = timedelta(days=365)


def declared(adapter: Any, **options: Any) -> Capability:
    """The capability of an adapter that asks nobody."""
    gateway = SimpleNamespace(options=SimpleNamespace(cost=0))
    bare = SimpleNamespace(gateway=gateway, cost=0, options=SimpleNamespace(**options))
    capability: Capability = adapter.capability.fget(bare)
    return capability


def vouched(ceiling: int) -> Capability:
    kind = DocumentKind.RESIDENT_ID.value
    return declared(UpstreamSignIn, ceiling=ceiling, kind_claim="", kinds={}, document_kind=kind)


SCANS = [declared(alipay_face.FaceScan), declared(wechat_face.FaceScan)]
LINKS = [alipay_sign_in.CAPABILITY, wechat_sign_in.CAPABILITY]
PROOFS = {  # the words that name a line of the table, and who declares what it says
    "name and number agree": [population.ON_RECORD],
    "by Alipay or WeChat": SCANS,
    "a live photo": [population.SAME_FACE],
    "at a counter": [counter.CAPABILITY],
    "another centre vouches": [vouched(ceiling) for ceiling in range(4)],
}


def line(table: str, words: str) -> list[str]:
    """The cells of the one line that has these words."""
    (found,) = [each for each in table.splitlines() if each.startswith("|") and words in each]
    return [cell.strip() for cell in found.strip("|").split("|")]


def years(text: str) -> timedelta:
    found = re.search(r"(\d) years?", text)
    assert found is not None, text
    return int(found[1]) * YEAR


def span(text: str) -> set[int]:
    found = [int(each) for each in re.findall(r"\d", text)]
    return set(range(found[0], found[-1] + 1))


@pytest.mark.parametrize("words", PROOFS)
def test_the_page_for_sites_tells_level_and_time_of_every_proof(words):
    level, _, counts = line((DOCS / "integration.md").read_text("utf-8").partition("| IAL |")[2], words)

    assert {each.holds for each in PROOFS[words]} == {years(counts)}
    assert {int(each.assurance_level) for each in PROOFS[words]} == span(level)


@pytest.mark.parametrize("words", PROOFS)
def test_the_module_that_derives_the_level_tells_the_same(words):
    _, method, level, counts = line(levels.__doc__ or "", words)

    assert {each.holds for each in PROOFS[words]} == {years(counts)}
    assert {int(each.assurance_level) for each in PROOFS[words]} == span(level)
    assert {each.check_method.value for each in PROOFS[words]} == {method}


def test_a_link_proves_nothing():
    assert {int(each.assurance_level) for each in LINKS} == span(line(levels.__doc__ or "", "is linked")[2]) == {0}
    assert not any(each.attests for each in LINKS)


def test_no_adapter_that_proves_people_is_left_out():
    about_organisations = {"business", "legal_entity_library", "elicence", "civil_affairs", "staffing_office"}

    assert set(BUILT_IN) - about_organisations == {"alipay", "population", "upstream_oidc", "wechat"}
