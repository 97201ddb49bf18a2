"""An answer that could not be made has not been given: what was presented for it may be presented again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn

import pytest

from idp.core.errors import StoreUnavailable
from tests.flows.browser import Page
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

pytestmark = both_pairs


class Away:
    """A store that does not answer."""

    def __getattr__(self, name: str) -> NoReturn:
        raise StoreUnavailable


@pytest.fixture
def without_store(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """For a moment no access token can be kept."""

    @contextmanager
    def away() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(centre.services.provider.access_tokens, "_store", Away())
            yield

    return away


def test_a_code_whose_tokens_could_not_be_kept_is_still_good(
    rp: RelyingParty, alice: Person, centre: Centre, without_store: Callable[[], AbstractContextManager[None]]
) -> None:
    code = rp.sign_in(alice, scope="openid offline_access").code
    issued = len(centre.audited("oidc.tokens_issued", client_id=rp.client_id))
    with without_store():
        lost = rp.redeem(code)
    assert (lost.status_code, lost.error) == (503, "temporarily_unavailable")
    assert len(centre.audited("oidc.tokens_issued", client_id=rp.client_id)) == issued

    tokens = rp.redeem(code)
    assert rp.userinfo(tokens.access_token).status_code == 200
    with without_store():
        assert rp.refresh(tokens.refresh_token).status_code == 503
    assert rp.refresh(tokens.refresh_token).status_code == 200
    assert not centre.audited("oidc.refreshed", client_id=rp.client_id)[-1].details["repeat"]


def test_an_answer_by_the_browser_that_could_not_be_made_is_not_on_record(
    site_of: Callable[..., RelyingParty], alice: Person, centre: Centre,
    without_store: Callable[[], AbstractContextManager[None]],
) -> None:  # fmt: skip
    rp = site_of(
        scope="openid", grant_types=["authorization_code", "implicit"], response_types=["code", "id_token token"]
    )
    rp.sign_in(alice)
    with without_store():
        seen = rp.visit(response_type="id_token token")
    assert isinstance(seen, Page)
    assert seen.status == 503
    assert not centre.audited("oidc.answered", client_id=rp.client_id)
