"""What every source is held to, whichever it is: no fault of its authority ever comes out as a proof.

A source's own test module names the sandbox's part and says how its source is asked; the rest is run from here:

    class TestFaultsOfTheRegister(FaultContract):
        part = register.PART

        @pytest.fixture
        def asked(self, adapter):
            return lambda seconds: adapter.verify(PERSON, Deadline.after(seconds))

The sandbox is the fixture of that name in this folder. A source that is started and asked later (Challenge) starts in the
fixture, and `asked` is its `poll`; one that starts has a second class whose `asked` starts.
"""

import time
from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest

from idp.realname.ports import ExternalIdentity, Found, LicenceHolder, Started, Unavailable, Verified
from sandbox.parts import Part
from tests.sandbox.served import ServedSandbox

PROOFS = (Verified, Found, LicenceHolder, ExternalIdentity)
ANSWERS = (*PROOFS, Started)
"""What a source says when its authority is well: a proof, or that a challenge is under way."""

Asked = Callable[[float], object]
"""Asks the source once, giving it so many seconds."""

PATIENCE, HURRY = 8.0, 0.4


class FaultContract:
    """Derive from it, name the `part`, give the fixture `asked`; `pytest` does the rest."""

    part: ClassVar[Part]
    reasons: ClassVar[Mapping[str, str]] = {}
    """Fault: the reason of the Unavailable that it comes to when the source was never asked before."""
    reasons_later: ClassVar[Mapping[str, str]] = {}
    """The same for a source that was answered before (it holds tokens), where that makes a difference."""
    otherwise: ClassVar[Mapping[str, tuple[type, ...]]] = {}
    """Fault: what it comes to where that is not Unavailable, as Pending or Refuted; a proof it may never be."""
    not_met: ClassVar[frozenset[str]] = frozenset()
    """Faults of other operations of this part: this one does not meet them."""
    hidden: ClassVar[tuple[str, ...]] = ("测试甲", "370199198503070017")
    """What no outcome may show."""

    @pytest.fixture
    def asked(self) -> Asked:
        pytest.fail("the class says how its source is asked, in a fixture of its own")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "fault" in metafunc.fixturenames:
            metafunc.parametrize("fault", [each for each in self.part.faults if each not in self.not_met])

    def test_no_fault_proves_anything(self, sandbox: ServedSandbox, asked: Asked, fault: str):
        sandbox.switch(self.part.name, fault)

        self._is_no_proof(asked, fault, self.reasons.get(fault))

    def test_no_fault_proves_anything_after_a_good_answer(self, sandbox: ServedSandbox, asked: Asked, fault: str):
        assert isinstance(asked(PATIENCE), ANSWERS)
        sandbox.switch(self.part.name, fault)
        self._is_no_proof(asked, fault, self.reasons_later.get(fault, self.reasons.get(fault)))
        sandbox.switch(self.part.name, "none")

        assert isinstance(asked(PATIENCE), ANSWERS)

    def test_a_deadline_that_is_over_proves_nothing(self, asked: Asked):
        assert not isinstance(asked(0.0), ANSWERS)

    def test_only_faults_that_there_are_have_expectations(self):
        named = {*self.reasons, *self.reasons_later, *self.otherwise, *self.not_met}

        assert named <= set(self.part.faults)

    def _is_no_proof(self, asked: Asked, fault: str, reason: str | None) -> None:
        began = time.monotonic()
        outcome = asked(HURRY if fault == "hang" else PATIENCE)

        assert time.monotonic() - began < (HURRY + 1.5 if fault == "hang" else PATIENCE)
        assert not isinstance(outcome, PROOFS)
        assert isinstance(outcome, self.otherwise.get(fault, (Unavailable,)))
        assert not any(text in repr(outcome) for text in self.hidden)
        if isinstance(outcome, Unavailable):
            assert outcome.reason.isascii()
            assert 0 < len(outcome.reason) <= 64
            assert reason in (None, outcome.reason)
