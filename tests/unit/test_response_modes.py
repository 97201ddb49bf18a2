"""Where an answer goes: every response type with every mode, those that nobody offers among them."""

import pytest

from idp.oidc.authorization import response_modes, response_types
from idp.oidc.authorization.request import AuthorizationRequest

IN_FRONT = ("id_token", "token", "id_token token", "code id_token", "code token", "code id_token token")


def asked(
    response_type: str | None, mode: str | None, redirect_uri: str = "https://rp.example/"
) -> AuthorizationRequest:
    wire = {"response_type": response_type, "response_mode": mode, "redirect_uri": redirect_uri}
    return AuthorizationRequest({name: value for name, value in wire.items() if value is not None})


@pytest.mark.parametrize("response_type", [*response_types.OFFERED, "magic", "code magic", "token magic", None])
@pytest.mark.parametrize("mode", [None, "query", "fragment", "form_post", "query.jwt", "", "QUERY"])
def test_the_mode_of_an_answer(response_type: str | None, mode: str | None) -> None:
    request = asked(response_type, mode)
    default = "fragment" if response_type in IN_FRONT else "query"
    if mode in {"fragment", "form_post"}:
        expected, allowed = mode, True
    elif mode == "query":
        expected, allowed = default, default == "query"
    else:
        expected, allowed = default, mode is None
    assert response_modes.mode_of(request) == expected
    assert response_modes.is_allowed(request) == allowed


def test_no_mode_puts_a_token_into_a_query() -> None:
    for response_type in IN_FRONT:
        for mode in (None, "query", "fragment", "form_post", "x"):
            assert response_modes.mode_of(asked(response_type, mode)) != "query"


def test_an_apps_own_scheme_takes_no_form() -> None:
    request = asked("code id_token", "form_post", "cn.example.app:/cb")
    assert (response_modes.is_allowed(request), response_modes.mode_of(request)) == (False, "fragment")


@pytest.mark.parametrize("response_type", response_types.OFFERED)
def test_the_order_of_words_does_not_matter(response_type: str) -> None:
    backwards = " ".join(reversed(response_type.split()))
    assert response_types.is_offered(asked(backwards, None).response_type)
    assert not response_types.is_offered(asked(f"{backwards} none code", None).response_type)
