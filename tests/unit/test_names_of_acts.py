"""What operators read instead of codes: a name for every act that goes into the trail, and for every permission of a token."""

import ast
from collections.abc import Iterator
from pathlib import Path

import flask
from flask import Flask
from flask_babel import Babel

from idp.admin import account_words, act_names, exports, tokens
from idp.sites.rehearsal import jobs
from idp.staff.permissions import Permission
from idp.web import staff_shown

IDP = Path(act_names.__file__).parents[1]


def recorded() -> Iterator[str]:
    """The acts that the source names where it writes to the trail."""
    for path in IDP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                yield from (
                    arg.value
                    for arg in node.args[1:2]
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and "." in arg.value
                )


def test_every_act_of_the_trail_has_a_name_and_a_group():
    acts = set(recorded())

    assert len(acts) > 100
    assert sorted(acts - set(act_names.NAMES)) == []
    assert {act.partition(".")[0] for act in act_names.NAMES} <= set(act_names.GROUPS)


def test_acts_whose_last_word_is_a_state_have_a_name_for_each():
    steps = {
        "site.check": (jobs.DONE, jobs.STOPPED, "asked"),
        "site.secret_wish": ("allowed", "refused", "withdrawn"),
        "client": ("active", "disabled", "deleted"),
    }
    acts = {f"{room}{'.' if '.' not in room else '_'}{state}" for room, states in steps.items() for state in states}

    assert sorted(acts - set(act_names.NAMES)) == []


def test_every_reason_of_an_operator_reaches_the_accounts_owner_in_words():
    given = {
        *account_words.FREEZE,
        *account_words.UNFREEZE,
        *account_words.UNMASK,
        *account_words.RAISE,
        *exports.REASONS,
    }
    given.update(*(act.reasons for act in account_words.ACTS.values()))

    with Flask(__name__).test_request_context():
        Babel(flask.current_app)
        assert sorted(each for each in given if staff_shown.reason(each) == staff_shown.reason("")) == []


def test_every_permission_has_a_name():
    assert set(tokens.NAMES) == set(Permission)
