"""The JSON form of the registry's services: records asked about in `datalist`, and the shapes in which answers come."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.population.soap import Asked
from sandbox.registry import Finding

Shape = Callable[[str, str, Sequence[Finding]], dict[str, Any]]
"""Status, message and findings, as one site or another wraps them."""


def read(body: bytes) -> list[Asked] | None:
    """The records of `datalist`; None when it is not that."""
    try:
        given = json.loads(body)
        return [asked(item) for item in given["datalist"]] if 1 <= len(given["datalist"]) <= 10 else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def asked(item: dict[str, Any]) -> Asked:
    """One record; KeyError, TypeError or ValueError for what is none."""
    number, name, photo = item["gmsfzh"], item["xm"], item.get("xczp")
    if not isinstance(number, str) or not isinstance(name, str):
        raise TypeError
    return Asked(number, name, picture(photo) if photo is not None else None)


def picture(text: str) -> bytes:
    """Base64 without a prefix; ValueError for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as broken:
        raise ValueError("no Base64") from broken


def as_text(status: str, message: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Jiangsu's first shape: the inner JSON is text."""
    inner = {"status": status, "msg": message, "data": [item(finding) for finding in findings]}
    return {"code": "200", "msg": "", "data": json.dumps(inner, ensure_ascii=False)}


def with_head(status: str, message: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """The second shape: head and data."""
    return {"head": {"status": status, "msg": message}, "data": {"cxjg": [item(finding) for finding in findings]}}


def item(finding: Finding) -> dict[str, str]:
    """One finding; a number that is not in the library agrees with nothing."""
    if finding.code == "02":
        return {"gmsfzh": "", "gmsfzh_ppddm": "0", "xm_ppddm": "0", "swbs": ""}
    if finding.code:
        return {"code": finding.code, "msg": finding.message}
    told = {
        "gmsfzh": finding.number,
        "gmsfzh_ppddm": finding.number_code,
        "xm_ppddm": finding.name_code,
        "swbs": finding.cancelled,
    }
    return told | ({"bddm": finding.photo_code, "xsd": finding.similarity} if finding.is_comparison else {})
