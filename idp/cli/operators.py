"""`operator`: the staff of the console."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from idp.cli.installation import OPERATOR, services
from idp.core import clock, logging, regions
from idp.edge.services import Services
from idp.staff import enrolment, operators, passkeys
from idp.staff.enrolment import RANGED, Link
from idp.staff.errors import LastOfRole, LoginTaken, LoginUnfit, OperatorGone
from idp.staff.models import Operator, Role
from idp.staff.states import DISABLED

_log = logging.get("cli.operators")


@click.group("operator")
def command() -> None:
    """Add, list, show and disable operators of the console. Nobody holds two roles, and nobody holds all.

    Once a role has somebody who can sign in, further people are added in the console, where a second person allows it.
    """


@command.command("add")
@click.argument("login")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="system: accounts, clients · security: policies, roles, approvals · audit: the audit trail · "
    "counter: checks at a counter · department: people and sites of a region, or named sites.",
)
@click.option(
    "--region", default="", help="Division of GB/T 2260 where the duty ends, like 370100; of officers and departments."
)
@click.option(
    "--client", "clients", multiple=True, metavar="CLIENT_ID", help="Only these sites (repeatable); of departments."
)
@click.option(
    "--emergency",
    is_flag=True,
    help="Add somebody without a second person although the role has people who can sign in, or give a new link to "
    "one who is there. It stands in the audit trail as `operator.emergency`, and the log warns of it.",
)
def add(login: str, role: str, region: str, clients: tuple[str, ...], emergency: bool) -> None:
    """Name an operator and print a link, good once and for 24 hours, at which they choose their factors."""
    wanted = Role(role)
    _check_reach(wanted, region, clients)
    with services() as everything:
        with everything.database.transaction() as db:
            if not emergency and enrolment.is_enrolled(db, wanted):
                raise click.ClickException(
                    f"there is a {role} operator who can sign in: add others in the console, where a second person "
                    "allows it, or with --emergency"
                )
            row = operators.of_login(db, login) if emergency else None
            if row is not None and row.role != role:
                raise click.ClickException(f"{login} is {row.role}: nobody holds two roles")
            if row is not None and row.state == DISABLED:
                raise click.ClickException(f"{login} is disabled: name somebody anew, under another login")
            if row is None:
                row = _named(everything, db, login, wanted, region, clients)
            if emergency:
                everything.trail.record(db, "operator.emergency", actor=OPERATOR, operator=row.id, role=role)
                _log.warning("operator_emergency", operator=row.id, role=role)
            link = enrolment.invite(db, everything.trail, row, actor=OPERATOR)
        if emergency:
            click.echo("warning: done without a second person; this stands in the audit trail.", err=True)
        click.echo(f"login\t{login}")
        click.echo(told(link, everything.settings.url))


def told(link: Link, url: Callable[[str], str]) -> str:
    """The lines of a link: for which role, where, until when."""
    until = link.expires_at.astimezone(clock.BEIJING).isoformat(" ", "minutes")
    return f"role\t{link.role.value}\nlink\t{url(f'/admin/enrol/{link.secret}')}\nuntil\t{until}"


def _check_reach(role: Role, region: str, clients: tuple[str, ...]) -> None:
    if region and not regions.is_division(region):
        raise click.BadParameter("use six digits like 370100", param_hint="--region")
    if (region and role not in RANGED) or (clients and role is not Role.DEPARTMENT):
        raise click.ClickException("the three administrators work everywhere; only departments are for named sites")


def _named(
    everything: Services, db: Session, login: str, role: Role, region: str, clients: tuple[str, ...]
) -> Operator:
    for client_id in clients:
        if everything.provider.clients.find(client_id) is None:
            raise click.ClickException(f"there is no client {client_id}")
    try:
        return enrolment.name(
            db, everything.trail, login=login, role=role, region=region, clients=list(clients) or None, actor=OPERATOR
        )
    except LoginUnfit as refused:
        raise click.ClickException(
            "use 3 to 32 small letters, digits, dots or hyphens, and no default name such as admin or root"
        ) from refused
    except LoginTaken as refused:
        raise click.ClickException(f"there is an operator {login} already") from refused


@command.command("list")
def listing() -> None:
    """Show every operator: login, role, state, since when, region."""
    with services() as everything, everything.database.view() as db:
        for row in operators.listing(db):
            since = row.created_at.astimezone(clock.BEIJING).isoformat(" ", "minutes")
            click.echo(f"{row.login}\t{row.role}\t{row.state}\t{since}\t{row.region or 'everywhere'}")


@command.command("show")
@click.argument("login")
def show(login: str) -> None:
    """Show one operator: role, reach, state, factors, when they were last there."""
    with services() as everything, everything.database.view() as db:
        row = operators.of_login(db, login)
        if row is None:
            raise click.ClickException(f"there is no operator {login}")
        factors = ["password and code"] if row.password_hash else []
        factors += [f"passkey {each.name}" for each in passkeys.of(db, row.id)]
        last = row.last_sign_in_at
    shown = {
        "login": row.login,
        "id": row.id,
        "role": row.role,
        "state": row.state,
        "region": row.region or "everywhere",
        "clients": ", ".join(row.clients) if row.clients is not None else "all",
        "networks": ", ".join(row.networks or ()) or "any",
        "factors": ", ".join(factors) or "none",
        "last_sign_in": last.astimezone(clock.BEIJING).isoformat(" ", "minutes") if last is not None else "never",
    }
    click.echo("\n".join(f"{name}\t{value}" for name, value in shown.items()))


@command.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Let an operator sign in no more; open sessions and tokens end at once. The last of the three roles stays."""
    with services() as everything, everything.database.transaction() as db:
        row = operators.of_login(db, login)
        try:
            if row is None:
                raise OperatorGone
            operators.disable(db, everything.trail, row.id, actor=OPERATOR)
        except OperatorGone as gone:
            raise click.ClickException(f"there is no active operator {login}") from gone
        except LastOfRole as last:
            raise click.ClickException(
                f"{login} is the last {row.role if row is not None else ''} operator who can sign in: enrol another first"
            ) from last
    click.echo(f"{login} is disabled.")
