"""What no source may be configured with, whichever it is; each complaint names the member."""

from pathlib import Path

import pytest

from demo.credentials.__main__ import CONTRACTS
from demo.credentials.place import Place
from docs.adapters import adapter_at
from idp.core.errors import ConfigurationError
from idp.realname import option_rules
from idp.realname.blocks import Block
from idp.realname.sources import BUILT_IN


@pytest.fixture(scope="module")
def blocks(tmp_path_factory) -> dict[str, Block]:
    """A block of each adapter that is right, as the demo writes it."""
    folder = tmp_path_factory.mktemp("secrets")
    contracts = [make(Place("http://127.0.0.1:1", "http://127.0.0.1:1", folder)) for make in CONTRACTS]
    tables = {name: dict(table) for contract in contracts for name, table in contract.centre.items()}
    library = {"endpoint": "http://127.0.0.1:1", "app_id": "a", "app_key": "k", "allow_weak_signatures": True}
    tables["legal_entity_library"] = library
    found = [Block(name, table.pop("adapter", name), table, Path()) for name, table in tables.items()]
    return {block.adapter: block for block in found}


@pytest.mark.parametrize("adapter", sorted(BUILT_IN))
@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), 10.5, 60])
def test_no_source_is_given_a_time_that_no_request_can_have(blocks, adapter, seconds):
    block = blocks[adapter]
    options = adapter_at(BUILT_IN[adapter]).options
    block.read(options)
    wrong = Block(block.name, adapter, {**block.members, "answer_seconds": seconds}, block.folder)

    with pytest.raises(ConfigurationError, match="answer_seconds: must be above 0 and at most 10"):
        wrong.read(options)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway",
        "ftp://a.example",
        "javascript:1",
        "http://",
        "http://[::1",
        "http://a.example:port",
        "https://u@a.b",
    ],
)
def test_what_is_no_web_address_is_neither_a_base_nor_a_page(url):
    for rule in (option_rules.base_address, option_rules.page_address):
        with pytest.raises(ConfigurationError, match="endpoint: must be"):
            rule("endpoint", url)


@pytest.mark.parametrize("url", ["https://a.example?b=c", "https://a.example/#c"])
def test_nothing_can_be_put_behind_a_query(url):
    with pytest.raises(ConfigurationError, match="endpoint: must be"):
        option_rules.base_address("endpoint", url)


@pytest.mark.parametrize("url", ["https://a.example", "http://127.0.0.1:8010/x", "http://[::1]:80"])
def test_addresses_with_or_without_a_path_are_accepted(url):
    option_rules.base_address("endpoint", url)
    option_rules.page_address("endpoint", url)
