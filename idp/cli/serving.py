"""`serve`: runs the HTTP server, one process for each worker, each with its threads.

Nothing here imports the library of figures before `_share_figures` has said where they are kept.
"""

import atexit
import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import flask

from idp import checks, config
from idp.cli.installation import bare_database
from idp.config import Settings
from idp.core import logging
from idp.edge.services import Services
from idp.store.redis import open_store

_BACKLOG = 2048
_AT_ONCE = 256  # requests a worker process holds at a time; the others wait in the kernel's queue
_GRACE_SECONDS = 15


@click.command("serve")
def command() -> None:
    """Serve the issuer on IDP_LISTEN until SIGTERM or Ctrl-C; requests in hand are finished first.

    Refuses to start when `python -m idp check` finds something that must not be served. With
    IDP_EMBEDDED_WORKER=true it also delivers the outbox and seals the audit trail.
    """
    settings = config.from_environment()
    with bare_database(settings) as (_, database):
        checks.refuse_unless_sound(settings, role="serve", database=database)
        store = open_store(settings.redis_url)
        for problem in checks.problems(settings, role="serve", store=store):
            click.echo(f"warning: {problem}", err=True)
    logging.configure(settings.log_file, settings.log_level)
    figures = _share_figures(settings)
    try:
        _run(settings)
    finally:
        if figures is not None:
            shutil.rmtree(figures, ignore_errors=True)


def application() -> flask.Flask:
    """What each server process runs: the application, and the worker beside it in the embedded form."""
    from idp.app import create_app

    app = create_app()
    everything: Services = app.extensions["idp"]
    if everything.settings.embedded_worker:
        start_worker(everything)
    gc.collect()
    gc.freeze()  # what is there now stays: no later collection needs to look at it
    gc.set_threshold(10_000, 20, 20)
    return app


def start_worker(everything: Services) -> None:
    """Run the worker in a thread of this process; what it does survives the process in any case."""
    stop = threading.Event()
    threading.Thread(target=everything.worker.run, args=(stop,), name="worker", daemon=True).start()

    @atexit.register
    def end() -> None:
        stop.set()
        everything.worker.wake()


def _run(settings: Settings) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    host, _, port = settings.listen.rpartition(":")
    Granian(
        "idp.cli.serving:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=host.strip("[]"),
        port=int(port),
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backlog=_BACKLOG,
        backpressure=_AT_ONCE,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE_SECONDS,
        log_dictconfig={"loggers": {"_granian": {"level": "INFO", "propagate": True}}},
    ).serve()


def _share_figures(settings: Settings) -> Path | None:
    """Where several processes, or a listener apart from them, show figures, all write them to one folder."""
    if settings.workers == 1 and not settings.metrics_listen:
        return None
    folder = Path(tempfile.mkdtemp(prefix="idp-figures-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # for the processes to come; the library reads nothing else
    if settings.metrics_listen:
        listen(settings)
    return folder


def listen(settings: Settings) -> None:
    """Show the figures on IDP_METRICS_LISTEN, from a thread of this process, with what stands in database and store."""
    from prometheus_client import start_http_server

    from idp.edge import metrics

    database = bare_database(settings)
    _, opened = database.__enter__()
    host, _, port = settings.metrics_listen.rpartition(":")
    standing = metrics.Standing(opened, _breakers(settings))
    start_http_server(int(port), host.strip("[]"), metrics.registry([standing]))


def _breakers(settings: Settings) -> dict[str, Callable[[], str]]:
    """The breakers of the configured sources, where their store is one that this process can see too."""
    if not settings.redis_url:
        return {}
    from idp.realname import blocks
    from idp.realname.breaker import Breaker

    store = open_store(settings.redis_url)
    sources = blocks.load(settings.sources_file) if settings.sources_file is not None else ()
    return {source.name: partial(Breaker.state_of, store, source.name) for source in sources}
