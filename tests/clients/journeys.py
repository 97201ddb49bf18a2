"""A script of somebody else's client library in its own process, and the person whose browser it sends about."""

import json
import subprocess
from pathlib import Path
from typing import Any

from launcher import checks, node, tree
from tests.browser.running_demo import Citizen
from tests.flows.browser import Browser, Landing, Page

SCRIPTS = Path(__file__).parent / "node"
_SECONDS = 180


class JourneyFailed(AssertionError):
    """The client library refused something, or gave up."""


class Visitor:
    """A person with a browser without scripts, who signs in and agrees to everything a site asks."""

    def __init__(self, issuer: str, person: Citizen) -> None:
        self.person = person
        self.browser = Browser(issuer)

    def visit(self, url: str) -> dict[str, Any]:
        """Where the browser came back to the site, and with which form if it was posted there."""
        return self._went(self.browser.get(url))

    def approve(self, device: dict[str, str]) -> None:
        """Let a device act for this person, as its screen asks."""
        seen = self.browser.get(device["verification_uri_complete"])
        while isinstance(seen, Page) and not seen.has_button("done") and not self._is_over(seen):
            seen = self._answered(seen)

    def _went(self, seen: Page | Landing) -> dict[str, Any]:
        for _ in range(10):
            if isinstance(seen, Landing):
                return {"landed": seen.url, "form": seen.params if seen.mode == "form_post" else None}
            seen = self._answered(seen)
        raise AssertionError("the visit does not end")

    def _answered(self, page: Page) -> Page | Landing:
        assert page.status == 200, f"{page.path}: {page.status} {page.text[:400]}"
        if page.path == "/sign-in":
            person = self.person
            return self.browser.submit("continue", identifier=person.identifier, password=person.password)
        for button in ("allow", "confirm", "continue"):
            if page.has_button(button):
                return self.browser.submit(button)
        raise AssertionError(f"nobody told what to do at {page.path}: {page.text[:400]}")

    def _is_over(self, page: Page) -> bool:
        return not any(page.has_button(button) for button in ("allow", "confirm", "continue"))

    def close(self) -> None:
        self.browser.close()


def run(script: str, journey: str, visitor: Visitor, **start: Any) -> dict[str, Any]:
    """Run one journey of a script; answers what it found. JourneyFailed with the library's own words."""
    found, folder = node.programs(), node.packages(checks.CLIENT_JOURNEYS, tree.LOGS / "npm.log")
    assert found is not None
    assert folder is not None
    (folder / script).write_bytes((SCRIPTS / script).read_bytes())  # beside node_modules, where its imports are found
    (folder / "conversation.mjs").write_bytes((SCRIPTS / "conversation.mjs").read_bytes())
    with subprocess.Popen(
        [str(found[0]), script], cwd=folder, env=tree.environment(), text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _say(process, {"journey": journey, "issuer": visitor.browser.issuer, **start})
            for line in process.stdout:
                said = json.loads(line)
                if "outcome" in said:
                    outcome: dict[str, Any] = said["outcome"]
                    return outcome
                if "failure" in said:
                    raise JourneyFailed(json.dumps(said["failure"], ensure_ascii=False, indent=2))
                _say(process, visitor.visit(said["visit"]) if "visit" in said else _approved(visitor, said["approve"]))
            process.wait(_SECONDS)
            assert process.stderr is not None
            raise JourneyFailed(process.stderr.read()[-2000:])
        finally:
            process.kill()


def _approved(visitor: Visitor, device: dict[str, str]) -> dict[str, bool]:
    visitor.approve(device)
    return {"approved": True}


def _say(process: subprocess.Popen[str], what: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()
