"""What an installation was issued for the registers of organisations."""

import re
from dataclasses import dataclass

from idp.core.errors import ConfigurationError
from idp.realname.adapters.exchange.options import RoadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SamrOptions(RoadOptions):
    """The services of market regulation; `legal_id_field` is the member for the representative's number, where there is one."""

    query_service: str = "/proxy/api/SAMR_QYJBXXCX"
    verification_service: str = "/proxy/api/SAMR_QYXXHY"
    legal_id_field: str = ""

    def __post_init__(self) -> None:
        RoadOptions.__post_init__(self)
        if self.legal_id_field and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", self.legal_id_field):
            raise ConfigurationError("legal_id_field: is not the name of a member")


@dataclass(frozen=True, slots=True, kw_only=True)
class CivilAffairsOptions(RoadOptions):
    """`has_committees`: whether villagers' and residents' committees are in this register too."""

    query_service: str = "/proxy/api/mz_social_group_check"
    has_committees: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingOfficeOptions(RoadOptions):
    """The one service of the staffing office."""

    query_service: str = "/proxy/api/bb_institution_check"
