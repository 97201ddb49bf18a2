"""`worker`: delivers messages, seals the audit trail and clears what is over, in a process of its own."""

import signal
import threading
from dataclasses import replace
from types import FrameType

import click

from idp import checks, config
from idp.cli.installation import bare_database
from idp.cli.serving import listen
from idp.edge.services import Services


@click.command("worker")
@click.option("--once", is_flag=True, help="Deliver what is due now, seal what is unsealed, and end.")
def command(once: bool) -> None:
    """Deliver the outbox (back-channel logouts, short messages), seal the audit trail and clear what is over.

    Any number may run. One that is killed loses nothing: another takes over when its leases end.
    """
    from idp.app import create_app

    settings = replace(config.from_environment(), embedded_worker=False)
    with bare_database(settings) as (_, database):
        checks.refuse_unless_sound(settings, role="command" if once else "worker", database=database)
    everything: Services = create_app(settings).extensions["idp"]
    if once:
        delivered = everything.worker.run_once()
        click.echo(f"{delivered} tries of delivery, {everything.sealer.seal()} audit entries sealed.")
        everything.database.engine.dispose()
        return
    if settings.metrics_listen:
        listen(settings)
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        everything.worker.wake()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    everything.worker.run(stop)
