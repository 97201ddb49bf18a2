"""`account`: shows, freezes, unfreezes and closes a citizen's account."""

import re

import click
from sqlalchemy.orm import Session

from idp.cli.installation import OPERATOR, services
from idp.core import clock
from idp.edge.services import Services
from idp.guardians import guardianships
from idp.guardians.errors import CannotHandOver

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@click.group("account")
def command() -> None:
    """Show, freeze, unfreeze and close accounts. ACCOUNT is a mobile number, a user name or an account id."""


@command.command("show")
@click.argument("account")
def show(account: str) -> None:
    """Show an account: id, state, masked phone, since when, and its live sessions."""
    with services() as everything, everything.database.view() as db:
        account_id = _wanted(everything, db, account)
        profile = everything.accounts.profile(db, account_id)
        if profile is None:
            raise click.ClickException("there is no such account")
        phone = f"{profile.phone[3:6]}****{profile.phone[-4:]}" if profile.phone else "none"
        click.echo(f"id\t{account_id}\nstate\t{profile.state}\nphone\t{phone}")
        click.echo(f"since\t{profile.created_at.astimezone(clock.BEIJING).isoformat(' ', 'minutes')}")
        for session in everything.sessions.of_account(db, account_id):
            seen = session.seen_at.astimezone(clock.BEIJING).isoformat(" ", "minutes")
            click.echo(f"session\t{session.id}\t{session.browser}\tseen {seen}")


@command.command("freeze")
@click.argument("account")
@click.option("--reason", required=True, help="Why; kept in the audit trail. No names or numbers.")
def freeze(account: str, reason: str) -> None:
    """Stop all sign-ins of an account and end its sessions; every site is told."""
    with services() as everything, everything.database.transaction() as db:
        account_id = _wanted(everything, db, account)
        if not everything.lifecycle.freeze(db, account_id, actor=OPERATOR, reason=reason):
            raise click.ClickException("only an active account can be frozen")
    click.echo(f"{account_id} is frozen.")


@command.command("unfreeze")
@click.argument("account")
@click.option("--reason", required=True, help="Why; kept in the audit trail. No names or numbers.")
def unfreeze(account: str, reason: str) -> None:
    """Let a frozen account be used again."""
    with services() as everything, everything.database.transaction() as db:
        account_id = _wanted(everything, db, account)
        if not everything.lifecycle.unfreeze(db, account_id, actor=OPERATOR, reason=reason):
            raise click.ClickException("only a frozen account can be unfrozen")
    click.echo(f"{account_id} is active.")


@command.command("close")
@click.argument("account")
@click.option("--reason", required=True, help="Why; kept in the audit trail. No names or numbers.")
@click.confirmation_option(prompt="This cannot be undone. Close the account for good?")
def close(account: str, reason: str) -> None:
    """End an account for good: sessions and tokens end, its phone, name and person may be used anew.

    The audit trail and the evidence of identity checks stay as long as they must be kept.
    """
    with services() as everything, everything.database.transaction() as db:
        account_id = _wanted(everything, db, account)
        if not everything.lifecycle.close(db, account_id, actor=OPERATOR, reason=reason):
            raise click.ClickException("there is no such account, or it is closed already")
    click.echo(f"{account_id} is closed.")


@command.command("confirm-guardian")
@click.argument("account")
def confirm_guardian(account: str) -> None:
    """The papers that show whose child the owner of ACCOUNT is were seen at a counter."""
    with services() as everything, everything.database.transaction() as db:
        child_id = _wanted(everything, db, account)
        if not guardianships.confirm_relation(db, everything.trail, child_id, officer=OPERATOR):
            raise click.ClickException("nobody answers for this account, or the papers were seen before")
    click.echo(f"the guardian of {child_id} is confirmed.")


@command.command("hand-over")
@click.argument("account")
@click.option("--to", "guardian", required=True, help="The account of a verified adult, whose papers were seen.")
def hand_over(account: str, guardian: str) -> None:
    """Give the child of ACCOUNT to another guardian, as when the first has no account any more."""
    with services() as everything, everything.database.transaction() as db:
        child_id, guardian_id = (_wanted(everything, db, each) for each in (account, guardian))
        try:
            guardianships.hand_over(db, everything.keyring, everything.trail, child_id, guardian_id, officer=OPERATOR)
        except CannotHandOver:
            raise click.ClickException(
                "the new guardian must be a verified adult, and somebody else answer for the child now"
            ) from None
    click.echo(f"{guardian_id} answers for {child_id}.")


def _wanted(everything: Services, db: Session, account: str) -> str:
    if _ID.fullmatch(account):
        return account
    found = everything.accounts.find(db, account)
    if found is None:
        raise click.ClickException("there is no such account")
    return found.id
