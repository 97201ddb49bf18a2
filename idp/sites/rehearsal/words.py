"""What each point of a check means, out of `words.toml`: what was sent, what a careful site does, how to mend it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from idp.sites.rehearsal.findings import Finding

_TOLD: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Words:
    """One point in one language; `spec` is the paragraph that says so."""

    title: str
    sent: str
    should: str
    mend: str
    spec: str


def of(point: str, locale: str) -> Words:
    """What a point means, in Chinese or English."""
    told, which = _TOLD["points"][point], _is_english(locale)
    title, sent, should, mend = (told[name][which] for name in ("title", "sent", "should", "mend"))
    return Words(title, sent, should, mend, told["spec"])


def did(finding: Finding, locale: str) -> str:
    """What the site did, with how and where."""
    is_english = _is_english(locale)
    said: str = _TOLD["did"][finding.did][is_english]
    more = [detail(finding.detail, locale)] if finding.detail else []
    more += [f"HTTP {finding.status}"] if finding.status else []
    more += [finding.at] if finding.at else []
    between, left, right = (", ", " (", ")") if is_english else ("，", "（", "）")
    return said + (f"{left}{between.join(more)}{right}" if more else "")


def detail(code: str, locale: str) -> str:
    """What stood in the way, in words where there are some."""
    said: str = _TOLD["detail"].get(code, (code, code))[_is_english(locale)]
    return said


def _is_english(locale: str) -> bool:
    return locale.startswith("en")
