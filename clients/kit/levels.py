"""Levels of assurance as the centre names them in `acr`: `ial1.aal2`, compared axis by axis, always meaning "at least"."""

import re

_AXIS = re.compile(r"(ial|aal)(\d)")


def reaches(acr: str, wanted: str) -> bool:
    """Whether a sign-in marked `acr` is at least as sure as `wanted` on every axis that `wanted` names."""
    have, need = dict(_AXIS.findall(acr)), dict(_AXIS.findall(wanted))
    return all(axis in have and have[axis] >= level for axis, level in need.items())
