"""On whose behalf, in the words of the person: what happened at sites, and for whom this session came to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from idp.mandates import shown
from idp.oidc import principals
from idp.oidc.authorization import behalf


def line(
    act: str, outcome: str, details: Mapping[str, Any], site: str, organisation_name: Callable[[str], str]
) -> tuple[str, str] | None:
    """What an entry of the trail tells of acting for somebody, or None when it tells of something else."""
    company = organisation_name(details.get("organisation", "")) if details.get("organisation") else ""
    match act:
        case "principal.chosen":
            return (
                _("代表单位登录%(site)s", site=site) if company else _("以本人名义登录%(site)s", site=site)
            ), company
        case "mandate.asked" if outcome == "success":
            return _("%(site)s询问您能否代表单位办事：可以", site=site), company
        case "mandate.asked":
            return _("%(site)s询问您能否代表单位办事：不可以", site=site), company
        case "oidc.revoked" if details.get("reason") == principals.ENDED:
            return _("您不能再代表单位办事，在%(site)s的登录随之失效", site=site), company
    return None


def of_session(db: Session, session_id: str) -> dict[str, str]:
    """By site, for whom this session came; an organisation by its name."""
    found = behalf.of_session(db, session_id)
    myself = str(_("我本人"))
    return {site: (shown.name(db, each) or "") if each is not None else myself for site, each in found.items()}
