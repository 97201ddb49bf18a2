"""From the policies of the moment to what the rooms ask for: each is asked at every use, so that a change is obeyed at once."""

from dataclasses import dataclass
from datetime import timedelta

from idp.authn.code_limits import Allowance
from idp.authn.sessions import Lifetimes
from idp.config import PasswordPolicy
from idp.policies import kinds
from idp.policies.kinds import ThrottlePolicy
from idp.policies.policies import Policies
from idp.realname.limits import Limits


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The policies in the types of those who obey them."""

    policies: Policies

    def passwords(self) -> PasswordPolicy:
        return self.policies.current(kinds.PASSWORD)

    def throttle(self) -> ThrottlePolicy:
        return self.policies.current(kinds.THROTTLE)

    def sessions(self) -> Lifetimes:
        now = self.policies.current(kinds.SESSION)
        return Lifetimes(idle=timedelta(minutes=now.idle_minutes), absolute=timedelta(hours=now.hours))

    def codes(self) -> Allowance:
        now = self.throttle()
        return Allowance(
            now.sms_per_phone_day, now.sms_per_device_hour, now.sms_per_address_hour, now.sms_pause_seconds
        )

    def checks(self) -> Limits:
        now = self.throttle()
        return Limits(
            now.checks_per_account_day, now.checks_per_number_day, now.checks_per_network_hour, now.starts_day
        )

    def face_text(self) -> str:
        """The version of the consent to a check of the face."""
        return self.policies.current(kinds.FACE_CONSENT).name

    def sms_sign(self) -> str:
        return self.policies.shown(kinds.BRAND).sms_sign
