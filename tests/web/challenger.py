"""A source of challenges that does what the test wrote down, and a second one for a way beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from idp.core.deadline import Deadline
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    CheckMethod,
    Outcome,
    Pending,
    Progress,
    Refuted,
    Said,
    Scene,
    Source,
    Started,
    SubjectKind,
    Unavailable,
    Verified,
)


class ScriptedScan:
    """A face scan: pending until the test says otherwise; it notes what it was asked."""

    channel = "scripted"

    def __init__(self, source: str = "scan", *, lasts: timedelta = timedelta(minutes=10)) -> None:
        self.source = source
        self.capability = Capability(
            SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.REAL_PERSON,
            "electronic_record", CheckMethod.BIOMETRIC_REMOTE, is_face=True, cost=100,
        )  # fmt: skip
        self.lasts = lasts
        self.begins: Refuted | Unavailable | None = None
        self.answer: Outcome = Pending()
        self.scenes: list[Scene] = []
        self.polls: list[Progress] = []
        self.heard: list[Mapping[str, Any]] = []

    def start(self, applicant: Applicant, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable:
        self.scenes.append(scene)
        number = f"{self.source}-{len(self.scenes)}"
        return self.begins or Started(f"ticket of {number}", f"https://scan.example/{number}", number, self.lasts)

    def poll(self, applicant: Applicant, progress: Progress, deadline: Deadline) -> Outcome:
        self.polls.append(progress)
        return self.answer

    def converse(
        self, applicant: Applicant, progress: Progress, message: Mapping[str, Any], deadline: Deadline
    ) -> Said | Refuted | Unavailable:
        self.heard.append(message)
        return Said({"told": len(self.heard)}, f"{progress.ticket}.{len(self.heard)}")

    @property
    def configured(self) -> Source:
        return Source(self.source, "刷脸样例", challenge=self)

    def yes(self) -> Verified:
        return Verified(self.capability.attests, "result-1")


class ScriptedPhoto:
    """A register with pictures."""

    source, channel = "photo", "scripted"
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.REAL_PERSON, "electronic_record",
        CheckMethod.BIOMETRIC_REMOTE, is_face=True,
    )  # fmt: skip

    def __init__(self) -> None:
        self.answer: Outcome = Verified(self.capability.attests)
        self.sizes: list[int] = []

    def compare(self, applicant: Applicant, jpeg: bytes, deadline: Deadline) -> Outcome:
        self.sizes.append(len(jpeg))
        return self.answer

    @property
    def configured(self) -> Source:
        return Source(self.source, "照片库样例", photo=self)
