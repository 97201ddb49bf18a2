"""The first version of every policy: what the settings say, and the texts that came with the release."""

from collections.abc import Mapping
from typing import Any

from idp.config import Settings
from idp.policies import built_in, kinds
from idp.policies.kinds import Brand, SessionPolicy, Text, ThrottlePolicy


def of_settings(settings: Settings) -> Mapping[str, Any]:
    """The value of each kind that holds until an operator changes it."""
    sms, checks = settings.sms, settings.identity
    return {
        kinds.PASSWORD.name: settings.password,
        kinds.SESSION.name: SessionPolicy(settings.session_idle_minutes, settings.session_hours),
        kinds.THROTTLE.name: ThrottlePolicy(
            sms_per_phone_day=sms.per_phone_day,
            sms_per_device_hour=sms.per_device_hour,
            sms_per_address_hour=sms.per_address_hour,
            sms_pause_seconds=sms.pause_seconds,
            checks_per_account_day=checks.per_account_day,
            checks_per_number_day=checks.per_number_day,
            checks_per_network_hour=checks.per_network_hour,
            starts_day=checks.starts_day,
        ),
        kinds.BRAND.name: Brand(name_zh=settings.brand_name, sms_sign=sms.sign),
        **{document: text_of(document, built_in.newest(document)) for document in built_in.DOCUMENTS},
    }


def text_of(document: str, name: str) -> Text:
    """A version of the release; ValueError where it has none of this name."""
    zh, en = (built_in.source(document, name, language) for language in built_in.LANGUAGES)
    if zh is None or en is None:
        raise ValueError(f"{document} {name}")
    return Text(name, zh, en)
