"""Rules that the options of many adapters share: what may be an address, a header, and the time that an answer takes."""

from urllib.parse import SplitResult, urlsplit

from idp.core.errors import ConfigurationError
from idp.realname.runner import ANSWER_SECONDS


def base_address(member: str, url: str) -> None:
    """ConfigurationError unless paths, or a query of ours, can be put behind it."""
    parts = _split(url)
    if parts is None or parts.query or parts.fragment:
        raise ConfigurationError(f"{member}: must be http(s)://host[:port][/path]")


def page_address(member: str, url: str) -> None:
    """ConfigurationError unless a browser can be sent there; it may have a query, to which ours is added."""
    parts = _split(url)
    if parts is None or parts.fragment:
        raise ConfigurationError(f"{member}: must be http(s)://host[:port][/path][?query]")


def header_text(member: str, value: str) -> None:
    """ConfigurationError unless it can travel in a header."""
    if not value or not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{member}: must be printable ASCII, it travels in a header")


def answer_seconds(seconds: float) -> None:
    """ConfigurationError for a time that no request can be given; the runner cuts every source off after its own."""
    if not 0 < seconds <= ANSWER_SECONDS:
        raise ConfigurationError(f"answer_seconds: must be above 0 and at most {ANSWER_SECONDS:g}")


def cost(fen: int) -> None:
    if fen < 0:
        raise ConfigurationError("cost: must not be below 0")


def _split(url: str) -> SplitResult | None:
    """The parts of a web address; None for anything else."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port or a bracket that is none
        return None
    return parts if is_web and not parts.username else None
