"""Asked for by programs about the staff: somebody new, another duty, a new link, and the end of one."""

from typing import Annotated

from pydantic import Field

from idp.admin import staff
from idp.admin.api.asking import Filled, OneOf, asks
from idp.admin.api.door import Model
from idp.staff.models import Role

_Reason = Annotated[str, OneOf(*staff.REASONS)]
_Words = Annotated[tuple[Annotated[str, Field(pattern=r"^[^,，\s]{1,64}$")], ...], Field(max_length=30)]


class DutyAsked(Model):
    """`region` and `clients` bound the duty, `networks` are where its holder comes in from; empty is everywhere."""

    role: Role
    region: Annotated[str, Field(pattern=r"^([1-8]\d{5})?$")] = ""
    clients: _Words = ()
    networks: _Words = ()
    reason: _Reason

    def filled(self) -> dict[str, str]:
        return {
            "role": self.role.value, "region": self.region, "clients": ",".join(self.clients),
            "networks": ",".join(self.networks), "reason": self.reason,
        }  # fmt: skip


class OperatorAsked(DutyAsked):
    login: Annotated[str, Field(max_length=64)]


class LinkAsked(Model):
    reason: _Reason


@asks("/operators", staff.staff_new_asked, tag="staff")
def operator_asked(json: OperatorAsked) -> Filled:
    """Becomes a request that a second person decides."""
    return {"login": json.login, **json.filled()}


@asks("/operators/<operator_id>/duty", staff.staff_member_asked, tag="staff")
def operator_duty_asked(operator_id: str, json: DutyAsked) -> Filled:
    """Becomes a request that a second person decides."""
    return {"action": "change", **json.filled()}


@asks("/operators/<operator_id>/link", staff.staff_member_asked, tag="staff")
def operator_link_asked(operator_id: str, json: LinkAsked) -> Filled:
    """New factors for who lost them; becomes a request that a second person decides."""
    return {"action": "link", "reason": json.reason}


@asks("/operators/<operator_id>/disable", staff.staff_disabled, tag="staff")
def operator_end_asked(operator_id: str) -> Filled:
    """At once, with every session and token."""
    return {}


@asks("/operators/approved/<approval_id>", staff.staff_link_taken, tag="staff")
def operator_link_take_asked(approval_id: str) -> Filled:
    """Its operator sees the link, once, in the console."""
    return {}
