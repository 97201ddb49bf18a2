"""Why an act of an operator is refused: the sentences they read."""

from idp.core.errors import DomainError


class StaffError(DomainError):
    """Base of the refusals about operators and their acts."""

    code = "staff.refused"
    sentence = "这个操作不能完成。"
    status = 400


class AlreadyAsked(StaffError):
    code = "approval.already_asked"
    sentence = "同一事项已经在等待审批。"
    status = 409


class NotOpen(StaffError):
    code = "approval.not_open"
    sentence = "这个申请已经处理、撤回或过期。"
    status = 409


class OwnRequest(StaffError):
    code = "approval.own_request"
    sentence = "不能审批自己提出的申请，请由另一位管理员审批。"
    status = 403


class NeedsSecurity(StaffError):
    code = "approval.needs_security"
    sentence = "申请人和审批人中至少要有一位安全管理员。"
    status = 403


class NotApproved(StaffError):
    code = "approval.not_approved"
    sentence = "这件事还没有获得审批，或者审批已经用过、过期。"
    status = 409
