"""Commands that change live sites: reviewed in the console once somebody can review them, or past that with a reason."""

from collections.abc import Callable, Mapping
from typing import Any

import click
from sqlalchemy.orm import Session

from idp.cli.installation import OPERATOR
from idp.core import logging
from idp.edge.services import Services
from idp.oidc.models import Client
from idp.sites import by_command
from idp.sites.errors import StillWrong
from idp.staff import enrolment
from idp.staff.models import Role

_log = logging.get("cli.clients")


def _said(_context: click.Context, _option: click.Parameter, why: str | None) -> str | None:
    if why is not None and not why.strip():
        raise click.BadParameter("say why; who approves reads it")
    return why


past_review = click.option(
    "--emergency",
    metavar="REASON",
    callback=_said,
    help="Do it at once although operators could review it. REASON and the change are shown to those who approve, it stands "
    "in the audit trail as `client.emergency`, and the log warns of it.",
)


def is_watched(db: Session) -> bool:
    """Whether somebody can review: before that, and in an installation that is being set up, the command is all there is."""
    return enrolment.is_enrolled(db, Role.SYSTEM)


def wisher(everything: Services, note: str) -> Callable[[Session, Client, Mapping[str, Any]], str]:
    """Has a live site's change reviewed instead of doing it."""

    def wish(db: Session, row: Client, document: Mapping[str, Any]) -> str:
        return everything.sites.by_command.ask(db, row, document, note, actor=OPERATOR)

    return wish


def went_past(everything: Services, db: Session, row: Client, why: str) -> None:
    """Say loudly that a live site was changed unasked; nothing for one that is tested."""
    if not by_command.is_live(row):
        return
    release = everything.sites.by_command.past_review(db, row, why, actor=OPERATOR)
    _log.warning("client_emergency", client_id=row.client_id, release=release)
    click.echo("warning: done without a review; the console shows it to those who approve.", err=True)


def unready(wrong: StillWrong) -> str:
    """What a site still owes before it serves everybody, line by line."""
    return "\n".join(f"{each.member}: {each.code} {each.value}".rstrip() for each in wrong.problems)
