"""Node is taken where it is new enough, and packages are installed once for each lock file."""

from pathlib import Path

import pytest

from launcher import node, tree

_NPM = """#!/bin/sh
mkdir -p node_modules
echo once >> installs
"""


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="ascii")
    (folder / name).chmod(0o755)


@pytest.fixture
def machine_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine whose only Node has this version, and a tree with an environment of its own."""

    def make(version: str) -> Path:
        program(tmp_path / "bin", "node", f"#!/bin/sh\necho {version}\n")
        program(tmp_path / "bin", "npm", _NPM)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        monkeypatch.setattr(tree, "VENV", tmp_path / "venv")
        monkeypatch.setattr(node, "_FOLDER", tmp_path / "packages")
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("version", "is_taken"), [("v20.1.0", True), ("v22.0.0", True), ("v18.19.1", False), ("?", False)]
)
def test_only_a_node_that_is_new_enough_is_taken(machine_with, version, is_taken):
    folder = machine_with(version)
    assert node.programs() == ((folder / "bin" / "node", folder / "bin" / "npm") if is_taken else None)


def test_the_environments_own_node_serves_where_the_machines_is_too_old(machine_with):
    folder = machine_with("v18.0.0")
    for name, text in (("node", "#!/bin/sh\necho v22.1.0\n"), ("npm", _NPM)):
        program(folder / "venv" / "bin", name, text)
    assert node.programs() == (folder / "venv" / "bin" / "node", folder / "venv" / "bin" / "npm")


def test_packages_are_installed_once_for_each_content_of_the_lock_file(machine_with):
    folder = machine_with("v20.0.0")
    project = folder / "project"
    program(project, "package.json", "{}")
    program(project, "package-lock.json", "{}")

    first = node.packages(project, folder / "npm.log")
    assert node.packages(project, folder / "npm.log") == first
    assert first is not None
    assert (first / "installs").read_text() == "once\n"
    (project / "package-lock.json").write_text('{"other": 1}')
    assert node.packages(project, folder / "npm.log") != first


def test_a_failed_installation_is_tried_again(machine_with):
    folder = machine_with("v20.0.0")
    project = folder / "project"
    program(project, "package.json", "{}")
    program(project, "package-lock.json", "{}")
    program(folder / "bin", "npm", "#!/bin/sh\nexit 1\n")
    assert node.packages(project, folder / "npm.log") is None
    program(folder / "bin", "npm", _NPM)
    assert node.packages(project, folder / "npm.log") is not None
