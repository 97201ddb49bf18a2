"""Signing in with an electronic business licence: start, poll, exchange once, and believe only what the platform signed."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from idp.core import clock, crypto, ids
from idp.core.deadline import Deadline
from idp.core.errors import StoreUnavailable
from idp.core.http import HttpClient, HttpUnavailable
from idp.core.sm2 import Encoding, PrivateKey, PublicKey
from idp.realname.adapters.elicence import answer, holder
from idp.realname.adapters.elicence.answer import Answer, AnswerBroken
from idp.realname.adapters.elicence.options import Options
from idp.realname.ports import (
    AssuranceLevel,
    Capability,
    CheckMethod,
    LicenceHolder,
    Pending,
    Progress,
    Refutation,
    Refuted,
    Scene,
    Started,
    SubjectKind,
    Unavailable,
)
from idp.store.records import Record
from idp.store.redis import Store

_LARGEST_ANSWER = 65_536
_LONGEST = 600
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFUSALS = {
    "1003": Refutation.ABANDONED,  # the QR code aged out
    "1005": Refutation.NOT_ACTIVE,
    "1006": Refutation.NOT_ALLOWED,
}


class _Trouble(Exception):
    """No answer that counts; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Exchanged(Record):
    """An authorisation code that somebody of us exchanges, or has exchanged."""

    KIND: ClassVar[str] = "elicence_code"
    SECONDS: ClassVar[int] = _LONGEST


@dataclass(frozen=True, slots=True)
class LicencePlatform:
    """One platform with what it issued to us; an instance serves all threads."""

    options: Options
    http: HttpClient
    store: Store
    source: str
    signing_key: PrivateKey
    platform_key: PublicKey

    channel = "licence_platform"
    capability = Capability(
        subject_kind=SubjectKind.LEGAL_PERSON,
        attests=frozenset({"name", "uscc", "legal_representative", "holder"}),
        assurance_level=AssuranceLevel.IN_PERSON,
        evidence="electronic_record",
        check_method=CheckMethod.SIGNED_IN,
    )

    @classmethod
    def of(cls, options: Options, http: HttpClient, store: Store, *, source: str) -> "LicencePlatform":
        return cls(options, http, store, source, options.signing_key(), options.platform_key())

    def start(self, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable:
        sequence, now = ids.new_id(), clock.epoch_ms()
        asked = {
            "interfaceCode": self.options.interface_code,
            "areaPrefix": self.options.area_prefix,
            "bizType": self.options.business_type,
            "bizSeq": sequence,
        }
        if self.options.callback_url:
            asked["callbackUrl"] = self.options.callback_url
        try:
            told = self._ask("/qrcode", asked, deadline)
        except _Trouble as trouble:
            return Unavailable(trouble.reason, sequence)
        if told.code != "0":
            return self._refusal(told, sequence)
        match told.data:
            case {"qrcodeId": str(qrcode_id), "qrContent": str(shown), "expiresIn": int(lasts)} if _ID.fullmatch(
                qrcode_id
            ) and self._is_page(shown):
                ticket = json.dumps({"id": qrcode_id, "seq": sequence, "ms": now})
                return Started(ticket, shown, sequence, timedelta(seconds=max(1, min(lasts, _LONGEST))))
        return Unavailable("no_qrcode", sequence)

    def poll(self, progress: Progress, deadline: Deadline) -> LicenceHolder | Pending | Refuted | Unavailable:
        ticket, number = json.loads(progress.ticket), progress.request_number
        try:
            told = self._ask("/qrcode/status", {"qrcodeId": ticket["id"]}, deadline)
            if told.code != "0":
                return self._refusal(told, number)
            match told.data:
                case {"status": "WAIT" | "SCANNED"}:
                    return Refuted(Refutation.ABANDONED, number) if progress.is_last else Pending(number)
                case {"status": "REFUSED" | "EXPIRED"}:
                    return Refuted(Refutation.ABANDONED, number)
                case {"status": "CONFIRMED", "authCode": str(code)} if code:
                    return self._exchange(code, ticket, progress, deadline)
        except _Trouble as trouble:
            return Unavailable(trouble.reason, number)
        return Unavailable("unknown_status", number)

    def is_holder(self, holder: LicenceHolder, resident_id: str) -> bool:
        return ids.same(holder.holder_digest, crypto.sm3(resident_id.upper().encode()).hex())

    def _exchange(
        self, code: str, ticket: Mapping[str, Any], progress: Progress, deadline: Deadline
    ) -> LicenceHolder | Pending | Refuted | Unavailable:
        """Trade the code, which serves once: of several of us who ask at the same time, one does."""
        number = progress.request_number
        try:
            is_ours = self.store.add(ids.digest(code), Exchanged())
        except StoreUnavailable:
            raise _Trouble("store") from None
        if not is_ours:
            return Unavailable("code_spent", number) if progress.is_last else Pending(number)
        told = self._ask("/token", {"authCode": code, "bizSeq": ticket["seq"]}, deadline)
        if told.code != "0":
            return self._refusal(told, number)
        if not self._is_signed(told):
            return Unavailable("platform_signature", number)
        skew = self.options.skew_seconds * 1000
        return holder.read(
            told.data,
            roles=self.options.roles,
            since_ms=ticket["ms"] - skew,
            until_ms=clock.epoch_ms() + skew,
            request_number=number,
        )

    def _ask(self, path: str, members: Mapping[str, str], deadline: Deadline) -> Answer:
        asked: dict[str, Any] = {
            "appId": self.options.app_id,
            **members,
            "timestamp": clock.epoch_ms(),
            "nonce": ids.new_handle(),
        }
        signature = self.signing_key.sign(sorted_text(asked).encode(), encoding=Encoding.RAW)
        asked["sign"] = base64.b64encode(signature).decode("ascii")
        try:
            told = self.http.request(
                "POST",
                self.options.endpoint.rstrip("/") + self.options.path + path,
                headers={"Content-Type": "application/json;charset=UTF-8"},
                body=json.dumps(asked, ensure_ascii=False).encode(),
                deadline=deadline.within(self.options.answer_seconds),
                max_bytes=_LARGEST_ANSWER,
            )
        except HttpUnavailable as lost:
            raise _Trouble(lost.reason) from lost
        if told.status != 200:
            raise _Trouble(f"http_{told.status}")
        try:
            return answer.read(told.body)
        except AnswerBroken as broken:
            raise _Trouble(broken.reason) from broken

    def _is_signed(self, told: Answer) -> bool:
        try:
            signature = base64.b64decode(told.signature, validate=True)
        except binascii.Error:
            return False
        return self.platform_key.verifies(signature, told.text.encode(), encoding=Encoding.RAW)

    def _refusal(self, told: Answer, number: str) -> Refuted | Unavailable:
        if (reason := _REFUSALS.get(told.code)) is not None:
            return Refuted(reason, number)
        return Unavailable(f"code:{told.code}" if _ID.fullmatch(told.code) else "unknown_code", number)

    def _is_page(self, shown: str) -> bool:
        """Whether this may be shown as a link: a web page, and no worse protected than the platform itself."""
        parts = urlsplit(shown)
        return bool(parts.hostname) and parts.scheme in {"https", urlsplit(self.options.endpoint).scheme}


def sorted_text(members: Mapping[str, Any]) -> str:
    """What is signed of a request: `name=value` of all members by name, joined with `&`."""
    return "&".join(f"{name}={members[name]}" for name in sorted(members))
