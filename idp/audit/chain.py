"""The arithmetic of the chain: what an entry adds to it, what a checkpoint signs, what the head row is coded with."""

from datetime import datetime
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from idp.audit.models import AuditHead, AuditKey
from idp.core import clock, crypto, ids, signing
from idp.core.crypto import DataKey, Keyring, Purpose

GENESIS = ids.digest("audit-chain/1")
_ALG = "ES256"


def link(before: str, canonical: bytes, mac: str) -> str:
    """The chain after one more entry: SHA-256 over the chain before it, its code and its exact bytes."""
    return ids.digest(f"{before}.{mac}.{canonical.decode()}")


class Head(Protocol):
    """The members of the head row that its code covers."""

    seq: Any
    chain: Any
    checkpoint_seq: Any
    checkpoint_at: Any


def head_mac(key: DataKey, head: Head | Row[Any]) -> str:
    """The keyed code of the head row."""
    said = f"{head.seq}.{head.chain}.{head.checkpoint_seq}.{head.checkpoint_at.isoformat()}"
    return ids.base64url(crypto.keyed_digest(key, b"audit-head/1\n" + said.encode()))


class AuditSigner:
    """The key of the trail: signs checkpoints and exports, and recognises what any key of the trail signed.

    The public half is derived from the sealed private one: a key put into the table by hand is never trusted.
    """

    def __init__(self, db: Session, keyring: Keyring) -> None:
        """Load the keys of the trail. An installation has at least one from `ensure_key`."""
        self._signers: dict[str, signing.Signer] = {}
        self._public: dict[str, ECKey] = {}
        for row in db.scalars(select(AuditKey).order_by(AuditKey.created_at, AuditKey.kid)):
            try:
                pem = keyring.open(row.private_sealed, bound_to=f"audit_keys:{row.kid}")
            except crypto.SealBroken:
                continue
            signer = signing.load_signer(row.kid, _ALG, pem)
            self._signers[row.kid] = signer
            self._public[row.kid] = ECKey.import_key({**signing.public_jwk(signer)})
        if not self._signers:
            raise LookupError("the audit trail has no signing key yet; `python -m idp init` makes one")
        self.kid = list(self._signers)[-1]

    @property
    def public_jwk(self) -> dict[str, str]:
        return signing.public_jwk(self._signers[self.kid])

    def sign(self, typ: str, claims: dict[str, Any]) -> str:
        """A compact JWS (RFC 7515) of a kind of statement."""
        return signing.compact(self._signers[self.kid], claims, typ=typ)

    def read(self, typ: str, token: str) -> dict[str, Any] | None:
        """The claims of a statement that a key of this trail signed; None for anything else."""
        try:
            kid = jws.extract_compact(token.encode()).headers()["kid"]
            signed = jws.deserialize_compact(token, self._public[kid], algorithms=[_ALG])
            if signed.headers().get("typ") != typ:
                return None
            claims: dict[str, Any] = orjson.loads(signed.payload)
        except (JoseError, KeyError, ValueError, TypeError):
            return None
        return claims


def ensure_key(db: Session, keyring: Keyring) -> None:
    """Make the trail's signing key and the head of the empty chain when there is none."""
    if db.scalar(select(AuditKey.kid).limit(1)) is None:
        kid, pem = f"audit-{ids.new_handle()[:12]}", signing.new_private_key(_ALG)
        sealed = keyring.seal(pem, bound_to=f"audit_keys:{kid}", purpose=Purpose.SIGNING_WRAP)
        public = signing.public_jwk(signing.load_signer(kid, _ALG, pem))
        db.add(AuditKey(kid=kid, private_sealed=sealed, public_jwk=public, created_at=clock.now()))
    if db.get(AuditHead, 1) is None:
        head = AuditHead(id=1, seq=0, chain=GENESIS, checkpoint_seq=0, checkpoint_at=clock.now(), mac="")
        head.mac = head_mac(keyring.current(Purpose.AUDIT), head)
        db.add(head)


def checkpoint_claims(seq: int, chain: str, at: datetime, before: int) -> dict[str, Any]:
    """What a checkpoint states: the head, its time, and the length at the checkpoint before."""
    return {"seq": seq, "chain": chain, "at": at.isoformat(), "before": before}
