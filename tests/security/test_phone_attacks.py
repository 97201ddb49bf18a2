"""Where phones and their applications talk to us, without a session: whatever is sent, it is no fault of ours."""

import pytest
import requests

from tests.flows.centre import Centre

MESSAGES = [
    b"[" * 8000,
    b'{"a":' * 1600,
    b'{"step":"begin","js_code":"\\ud800"}',
    b"\xff\xfe",
    b'{"step":NaN}',
    b'{"step":"done","step":"begin"}',
    b"null",
]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_a_message_of_an_application_is_read_within_bounds(centre: Centre, message: bytes) -> None:
    answer = requests.post(
        f"{centre.issuer}/verify-identity/attempts/{'A' * 43}/app", data=message, timeout=10,
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_a_made_up_handle_is_found_nowhere(centre: Centre) -> None:
    for handle in ("A" * 43, "a" * 5000, "%00"):
        page = requests.get(f"{centre.issuer}/verify-identity/phone/{handle}", timeout=10)
        said = requests.post(
            f"{centre.issuer}/verify-identity/attempts/{handle}/app", json={"step": "done"}, timeout=10
        )
        assert (page.status_code, said.status_code) == (404, 404)
