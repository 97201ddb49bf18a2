"""What every relying site needs, once: sign-in by the identity centre, server-side sessions, sign-out everywhere.

Read `site.py` for how a site is put together, then `sign_on.py` for the journey and `centre.py` for what is checked.
"""

from clients.kit.behalf import Company, Verdict, ask, company_of
from clients.kit.context import visitor
from clients.kit.forms import check_form
from clients.kit.journey import Ask
from clients.kit.notices import FORM_EXPIRED, Notice, show
from clients.kit.settings import Settings
from clients.kit.sign_on import depart, require
from clients.kit.site import create_site, page

__all__ = [
    "FORM_EXPIRED",
    "Ask",
    "Company",
    "Notice",
    "Settings",
    "Verdict",
    "ask",
    "check_form",
    "company_of",
    "create_site",
    "depart",
    "page",
    "require",
    "show",
    "visitor",
]
