"""Which register answers for which organisation, and what kind it is: the first two characters of its code say so (GB 32100)."""

from typing import Final

from idp.core.identifiers import Uscc

MARKET_REGULATION: Final = {"91": "company", "92": "individual_business", "93": "cooperative"}
CIVIL_AFFAIRS: Final = {"51": "social_group", "52": "private_non_enterprise", "53": "foundation"}
COMMITTEES: Final = {"54": "villagers_committee", "55": "residents_committee"}
"""Kept by civil affairs in some provinces and by nobody we can ask in others."""
STAFFING_OFFICE: Final = {"11": "organ", "12": "institution", "13": "mass_organisation", "19": "public_body"}
_KINDS: Final = MARKET_REGULATION | CIVIL_AFFAIRS | COMMITTEES | STAFFING_OFFICE

INDIVIDUAL_BUSINESS: Final = "individual_business"


def kind_of(uscc: Uscc) -> str:
    """What kind of organisation has this code."""
    return _KINDS.get(uscc.code[:2], "other")
