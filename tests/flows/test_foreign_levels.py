"""A site of another platform speaks its own level names: it asks in them, and is told in them."""

from __future__ import annotations

import json

import pytest

from tests.flows.browser import Browser, Page
from tests.flows.fixtures import both_pairs


def demanding(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


@both_pairs
def test_a_site_with_a_scale_is_told_the_level_in_it(site_of, alice, bob, centre):
    rp = site_of(level_scale="zj")
    for person, level, acr in ((alice, "2", "ial1.aal1"), (bob, "1", "ial0.aal1")):
        browser = Browser(centre.issuer)
        tokens = rp.redeem(rp.sign_in(person, browser).code)
        browser.close()
        told = rp.claims(tokens.id_token)
        assert (told["auth_level"], told["acr"]) == (level, acr)
        assert rp.userinfo(tokens.access_token).json["auth_level"] == level


def test_the_level_is_told_where_nothing_else_is_asked_for(site_of, alice):
    rp = site_of(scope="openid", registers="openid", level_scale="gj")
    tokens = rp.redeem(rp.sign_in(alice).code)

    assert rp.claims(tokens.id_token)["auth_level"] == "3"
    assert set(rp.userinfo(tokens.access_token).json) == {"sub", "auth_level"}


def test_a_site_without_one_is_told_ours_alone(rp, alice):
    tokens = rp.redeem(rp.sign_in(alice).code)

    assert "auth_level" not in rp.claims(tokens.id_token)
    assert "auth_level" not in rp.userinfo(tokens.access_token).json


def test_a_level_in_the_words_of_a_site_leads_to_the_proof_and_is_answered_in_them(site_of, bob):
    rp = site_of(level_scale="gd")
    rp.visit(acr_values="gd:3")
    seen = rp.browser.submit("continue", identifier=bob.username, password=bob.password)
    assert isinstance(seen, Page)
    assert seen.path == "/verify-identity"

    told = rp.claims(rp.redeem(rp.sign_in(bob, claims=demanding("gd:3")).code).id_token)

    assert (told["acr"], told["auth_level"]) == ("gd:3", "3")


def test_a_level_of_theirs_out_of_reach_is_not_met(site_of, alice):
    rp = site_of(level_scale="gd")

    assert rp.sign_in(alice, claims=demanding("gd:5")).error == "unmet_authentication_requirements"


def test_a_scale_of_nobody_is_not_registered(site_of):
    for name in ("zj_legal", "xx", "", 3):
        with pytest.raises(ValueError, match="level_scale"):
            site_of(level_scale=name)
