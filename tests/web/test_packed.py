"""Static files are sent lighter to browsers that can open that; pages, which hold secrets, never are."""

import gzip

import pytest

from tests.web.conftest import ISSUER

FILES = [
    "/static/css/components.css", "/admin/static/vendor/htmx.min.js", "/admin/static/console.css",
    "/workbench/static/workbench.css",
]  # fmt: skip


def get(centre, path, **headers):
    """Status, headers and body, the file behind it closed."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with centre.app.test_client().get(path, base_url=ISSUER, headers=given) as answer:
        return answer.status_code, answer.headers, answer.data


@pytest.mark.parametrize("path", FILES)
def test_a_static_file_is_packed_only_for_who_opens_it(centre, path):
    _, plain, whole = get(centre, path, Accept_Encoding="identity")
    _, packed, small = get(centre, path, Accept_Encoding="gzip, br")

    assert plain.get("Content-Encoding") is None
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(small) == whole
    assert len(small) * 2 < len(whole)
    assert {plain["Vary"], packed["Vary"]} == {"Accept-Encoding"}
    assert get(centre, path, If_None_Match=packed["ETag"], Accept_Encoding="gzip")[0] == 304


def test_pages_are_not_packed_and_no_path_leads_out_of_the_folder(centre):
    assert "Content-Encoding" not in get(centre, "/sign-in", Accept_Encoding="gzip")[1]
    assert get(centre, "/static/../app.py", Accept_Encoding="gzip")[0] == 404
