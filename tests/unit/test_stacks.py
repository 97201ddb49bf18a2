"""The ready-made settings are the very recipes that the documents print."""

from pathlib import Path

import pytest

from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import stacks

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", stacks.PRINTED)
def test_each_text_stands_in_the_documents(name: str) -> None:
    printed = dict(stacks.PRINTED[name])
    document = (ROOT / printed.pop("source")).read_text(encoding="utf-8")
    assert stacks.filled(name, printed).strip() in document


def test_every_value_of_a_site_is_filled_in() -> None:
    metadata = ClientMetadata.model_validate(
        {
            "client_name": "样例", "client_uri": "https://a.example/", "initiate_login_uri": "https://a.example/in",
            "redirect_uris": ["https://a.example/inner/back"], "scope": "openid profile",
        }
    )  # fmt: skip
    made = stacks.of_site("https://id.example", "a_site", metadata, "https://a.example/inner/back")
    assert [each.code for each in made] == ["python", "java", "node", "php", "go", "apache", "nginx"]
    for part in (part for each in made for part in each.parts):
        assert "⟦" not in part.text
        assert "localhost:8000" not in part.text
