"""The virtual environment and what a child process inherits."""

import sys

import pytest

from launcher import environment, tree
from launcher.say import EXIT_MACHINE, Refusal


def test_settings_of_other_runs_do_not_reach_a_child(monkeypatch):
    for name in ("IDP_ISSUER", "SITE_URL", "SANDBOX_DATA", "GRANIAN_PORT", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "wrong")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    env = tree.environment(IDP_LISTEN="127.0.0.1:1")

    assert "wrong" not in env.values()
    assert env["IDP_LISTEN"] == "127.0.0.1:1"
    assert env["PYTHONUTF8"] == "1"
    assert env["NO_PROXY"] == "intranet.example,localhost,127.0.0.1,::1"


def test_a_python_without_venv_names_the_package_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(Refusal, match="python3-venv") as refused:
        environment._make(None)
    assert refused.value.exit_code == EXIT_MACHINE


@pytest.mark.parametrize(
    "row",
    [
        "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(...): Connection refused'",
        "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool: Max retries exceeded with url: /x",
        "WARNING: ... 'ProxyError('Cannot connect to proxy.', ...)'",
        "  Temporary failure in name resolution",
    ],
)
def test_pips_ways_of_having_no_network_are_known(row):
    assert environment._NO_NETWORK.search(row)


def test_a_wrong_hash_is_not_taken_for_a_lost_network():
    assert not environment._NO_NETWORK.search(
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    )


def test_files_with_secrets_are_for_their_owner_only(tmp_path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    tree.write_atomically(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
