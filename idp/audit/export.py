"""Writes the sealed trail as JSON lines that end in a signature over all of them, for archives and other eyes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from idp.audit import chain
from idp.audit.models import AuditEntry
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database

_PAGE = 1000
_E = AuditEntry
_SEALED = Prepared(
    select(*_E.__table__.columns)
    .where(_E.seq > bindparam("after"), _E.seq <= bindparam("last"))
    .order_by(_E.seq)
    .limit(_PAGE)
)
# Sealing takes what it finds in the order of the ids, so an entry is sealed before those that were begun an hour after it: no
# transaction lasts that long. Between these two places lies all that was written in the period.
_APART = timedelta(hours=1)
_BEFORE = Prepared(
    select(_E.seq).where(_E.id < bindparam("earlier"), _E.seq.is_not(None)).order_by(_E.id.desc()).limit(1)
)
_BEHIND = Prepared(select(_E.seq).where(_E.id > bindparam("later"), _E.seq.is_not(None)).order_by(_E.id).limit(1))
_LAST = Prepared(select(_E.seq).where(_E.seq.is_not(None)).order_by(_E.seq.desc()).limit(1))


def export(database: Database, keyring: Keyring, *, since: datetime, until: datetime) -> Iterator[bytes]:
    """The sealed entries of a period, in the order of the chain, one JSON object a line.

    The first line says what follows and by which key; the last is a compact JWS (RFC 7515) over the SHA-256 (in hex, as
    `head -n -1 export.jsonl | sha256sum` prints it) of all lines before it, and over their number.
    """
    with database.view() as db:
        signer = chain.AuditSigner(db, keyring)
    digest, count = ids.RunningDigest(), 0
    for line in _lines(database, signer, since, until):
        digest.add(line)
        count += 1
        yield line
    claims = {"sha256": digest.hex(), "lines": count, "at": clock.now().isoformat()}
    yield _line({"type": "signature", "jws": signer.sign("audit-export", claims)})


def is_genuine(lines: Iterable[bytes], signer: chain.AuditSigner) -> bool:
    """Whether the lines are an export of this trail, whole and unchanged."""
    digest, count, line = ids.RunningDigest(), 0, b""
    for following in lines:
        if line:
            digest.add(line)
            count += 1
        line = following
    try:
        claims = signer.read("audit-export", str(orjson.loads(line)["jws"]))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
    return claims is not None and (claims["sha256"], claims["lines"]) == (digest.hex(), count)


def _lines(database: Database, signer: chain.AuditSigner, since: datetime, until: datetime) -> Iterator[bytes]:
    yield _line({"type": "export", "version": 1, "since": since, "until": until, "key": signer.public_jwk})
    with database.glance() as db:
        earlier = _BEFORE.first(db, earlier=ids.first_at(since - _APART))
        end = _BEHIND.first(db, later=ids.first_at(until + _APART)) or _LAST.first(db)
    after, last = earlier.seq if earlier is not None else 0, end.seq if end is not None else 0
    while True:
        with database.glance() as db:
            rows = _SEALED(db, after=after, last=last)
        for row in rows:
            if since <= row.at < until:
                yield _line({"type": "entry", **row._asdict()})
        if len(rows) < _PAGE:
            return
        after = rows[-1].seq


def _line(members: dict[str, Any]) -> bytes:
    return orjson.dumps(members) + b"\n"
