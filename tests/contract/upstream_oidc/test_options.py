"""A block for another centre that cannot work stops the boot, and names what is wrong."""

from pathlib import Path

import pytest

from demo.credentials import toml
from idp.core import signing
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import blocks
from idp.realname.adapters.upstream_oidc import Options

GOOD = {
    "issuer": "https://id.example.gov.cn",
    "label": "某市统一身份认证",
    "client_id": "us",
    "client_secret": Secret("s"),
    "levels": {"a": 2},
    "number_claim": "id_number",
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"issuer": "ftp://x"}, "issuer"),
        ({"issuer": "https://x.example/?a=1"}, "issuer"),
        ({"label": ""}, "label"),
        ({"client_secret": Secret("")}, "client_secret"),
        ({"private_key": Secret("x")}, "client_secret"),
        ({"client_secret": Secret(""), "private_key": Secret("x")}, "key_id"),
        ({"client_secret": Secret(""), "private_key": Secret("x"), "key_id": "k"}, "private_key"),
        ({"scope": "profile"}, "scope"),
        ({"algorithms": frozenset({"none"})}, "algorithms"),
        ({"algorithms": frozenset({"HS256"})}, "algorithms"),
        ({"algorithms": frozenset()}, "algorithms"),
        ({"ceiling": 4}, "ceiling"),
        ({"ceiling": True}, "ceiling"),
        ({"levels": {"a": 9}}, "levels.a"),
        ({"levels": {"a": "2"}}, "levels.a"),
        ({"ceiling": 2, "levels": {}}, "levels"),
        ({"ceiling": 2, "number_claim": ""}, "number_claim"),
        ({"document_kind": "library_card"}, "library_card"),
        ({"document_kind": "foreign_passport"}, "foreign_passport"),
        ({"kinds": {"1": "resident_id"}}, "kind_claim"),
        ({"kinds": {"1": "x"}, "kind_claim": "k"}, "x is no kind"),
        ({"answer_seconds": 0.0}, "answer_seconds"),
    ],
)
def test_a_member_that_cannot_work_is_named(change, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        Options(**{**GOOD, **change})


def test_a_block_is_read_with_its_tables(tmp_path: Path):
    (tmp_path / "key.pem").write_text(signing.new_private_key("ES256"), encoding="ascii")
    table = {
        "adapter": "upstream_oidc",
        "issuer": "https://id.example.gov.cn",
        "label": "某市统一身份认证",
        "client_id": "us",
        "private_key_file": "key.pem",
        "key_id": "k1",
        "levels": {"urn:x:ial:2": 2, "3": 1},
        "ceiling": 1,
        "number_claim": "id_number",
    }
    (tmp_path / "sources.toml").write_text(toml.written({"other": table}), encoding="utf-8")
    [block] = blocks.load(tmp_path / "sources.toml")
    options = block.read(Options)

    assert (options.levels, options.auth_method) == ({"urn:x:ial:2": 2, "3": 1}, "private_key_jwt")
