"""What the machine offers: programs, packages of the distribution, free ports, the user to drop to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
POSTGRESQL_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_POLICY = Path("/usr/sbin/policy-rc.d")
APACHE_MODULES = Path("/usr/lib/apache2/modules")
# program asked for -> Debian packages that bring it
DEBIAN_PACKAGES = {
    "postgres": ("postgresql",),
    "redis-server": ("redis-server",),
    "chromium": ("chromium", "fonts-noto-cjk"),
    "nginx": ("nginx-light",),
    "mod_auth_openidc": ("apache2-bin", "libapache2-mod-auth-openidc"),
}


def is_root() -> bool:
    """Whether this process may install packages and must not run PostgreSQL itself."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def find_postgres() -> Path | None:
    """The newest server program: on the path, or in the folders where distributions hide it."""
    if found := shutil.which("postgres"):
        return Path(found).resolve()
    candidates = [path for folder in POSTGRESQL_FOLDERS for path in Path(folder).glob("*/bin/postgres")]
    return max(candidates, key=lambda path: path.parent.parent.name.zfill(20), default=None)


def find_redis() -> Path | None:
    """A Redis server, or Valkey which answers the same commands."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def find_chromium() -> Path | None:
    """A Chromium of the system."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    return None


def find_nginx() -> Path | None:
    """The proxy; Debian keeps it where ordinary users do not look."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    return Path(found) if found else None


def find_apache() -> Path | None:
    """Apache's own program, where its OpenID Connect module lies beside its others."""
    found = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    return Path(found) if found and (APACHE_MODULES / "mod_auth_openidc.so").exists() else None


FINDERS: dict[str, Callable[[], Path | None]] = {
    "postgres": find_postgres,
    "redis-server": find_redis,
    "chromium": find_chromium,
    "nginx": find_nginx,
    "mod_auth_openidc": find_apache,
}


def missing_programs(skip: Iterable[str] = ()) -> list[str]:
    """Which of the programs the tests like are not on this machine."""
    return [name for name, find in FINDERS.items() if name not in set(skip) and find() is None]


def install_with_apt(programs: Iterable[str], log: Path) -> bool:
    """Install what is missing on a Debian where we are root; False when that is not this machine or it failed."""
    apt = shutil.which("apt-get")
    if not (apt and is_root() and Path("/etc/debian_version").exists()):
        return False
    packages = [package for program in programs for package in DEBIAN_PACKAGES[program]]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("ab") as out, _nothing_starts():
        subprocess.run([apt, "update", "-q"], env=quiet, stdout=out, stderr=out, check=False)
        done = subprocess.run(
            [apt, "install", "-y", "-q", "--no-install-recommends", *packages],
            env=quiet,
            stdout=out,
            stderr=out,
            check=False,
        )
    return done.returncode == 0


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """While packages are installed no service of theirs starts (Debian asks this program): the tests start their own."""
    made = False
    try:
        with _POLICY.open("x", encoding="ascii") as policy:
            policy.write("#!/bin/sh\nexit 101\n")
        made = True
        _POLICY.chmod(0o755)
    except OSError:
        made = False  # the machine has a policy of its own
    try:
        yield
    finally:
        if made:
            _POLICY.unlink(missing_ok=True)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen here, on either loopback address."""
    for family, address in ((socket.AF_INET, LOOPBACK), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free for a server
                probe.bind((address, port))
        except OSError:
            if family == socket.AF_INET or _answers(family, address, port):
                return False
    return True


def _answers(family: socket.AddressFamily, address: str, port: int) -> bool:
    """Whether somebody accepts connections there (a machine without IPv6 cannot bind ::1, and that is no obstacle)."""
    try:
        with socket.socket(family) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((address, port)) == 0
    except OSError:
        return False
