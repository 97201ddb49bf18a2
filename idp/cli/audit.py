"""`audit`: proves that the trail is whole, writes it out, and knows again what it wrote."""

import sys
from datetime import UTC, datetime
from typing import IO

import click

from idp.audit import chain
from idp.audit import export as exporting
from idp.audit.anchors import newest_checkpoint
from idp.audit.verification import verify as verifying
from idp.cli.installation import OPERATOR, services
from idp.core import clock


@click.group("audit")
def command() -> None:
    """Verify and export the audit trail, and check an export."""


@command.command("verify")
@click.option("--head", help="A head noted earlier, SEQ:CHAIN, as this command, the log or an export shows it.")
def verify(head: str | None) -> None:
    """Read the whole trail and name every entry that was altered, removed, moved or put in by hand.

    Ends with 0 when the trail is whole, else with 1. It is held against the furthest checkpoint in IDP_LOG_FILE, so
    that a database turned back as a whole is found too. Where the log is kept elsewhere, give back a head noted
    earlier with --head.
    """
    with services() as everything:
        expected = _noted(head) or newest_checkpoint(everything.settings.log_file)
        verdict = verifying(everything.database, everything.keyring, expected_head=expected)
    if expected is None:
        click.echo("Nothing outside the database to hold it against: a trail turned back as a whole would not be seen.")
    for problem in verdict.problems:
        click.echo(f"{problem.kind}\t{problem.where}" + (f"\t#{problem.seq}" if problem.seq is not None else ""))
    if verdict.count > len(verdict.problems):
        click.echo(f"… and {verdict.count - len(verdict.problems)} more")
    click.echo(
        f"{verdict.sealed} sealed entries, {verdict.unsealed} waiting to be sealed, {verdict.checkpoints} checkpoints; "
        f"head {verdict.head[0]}:{verdict.head[1]}"
    )
    if not verdict.is_sound:
        click.echo(f"The trail was tampered with: {verdict.count} findings.", err=True)
        sys.exit(1)
    click.echo("The trail is whole.")


@command.command("export")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="From this time (Beijing).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Before this time (Beijing).")
@click.option("--output", type=click.File("wb", lazy=False), default="-", help="A file instead of standard output.")
def export(since: datetime | None, until: datetime | None, output: IO[bytes]) -> None:
    """Write sealed entries as JSON lines; the last line signs all before it."""
    first = since.replace(tzinfo=clock.BEIJING) if since else datetime(2000, 1, 1, tzinfo=UTC)
    last = until.replace(tzinfo=clock.BEIJING) if until else clock.now()
    with services() as everything:
        with everything.database.transaction() as db:  # first: no export without its entry
            everything.trail.record(
                db, "audit.exported", actor=OPERATOR, since=first.isoformat(), until=last.isoformat()
            )
        for line in exporting.export(everything.database, everything.keyring, since=first, until=last):
            output.write(line)


@command.command("check-export")
@click.argument("file", type=click.File("rb"))
def check_export(file: IO[bytes]) -> None:
    """Say whether FILE is an export of this trail, whole and unchanged. Ends with 0 when it is, else with 1."""
    with services() as everything:
        with everything.database.view() as db:
            signer = chain.AuditSigner(db, everything.keyring)
        is_genuine = exporting.is_genuine(file, signer)
    if not is_genuine:
        click.echo(f"{file.name} is not an export of this trail, or it was changed.", err=True)
        sys.exit(1)
    click.echo(f"{file.name} is an export of this trail, whole and unchanged.")


def _noted(head: str | None) -> tuple[int, str] | None:
    if head is None:
        return None
    seq, _, chain = head.partition(":")
    if not seq.isdigit() or not chain:
        raise click.BadParameter("give SEQ:CHAIN", param_hint="--head")
    return int(seq), chain
