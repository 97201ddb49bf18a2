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


class AboutYourself(StaffError):
    code = "approval.about_yourself"
    sentence = "不能审批关于自己的申请，请由另一位管理员审批。"
    status = 403


class NotForYourself(StaffError):
    code = "staff.not_for_yourself"
    sentence = "不能更改自己的角色、范围或状态。"
    status = 403


class LoginUnfit(StaffError):
    code = "staff.login_unfit"
    sentence = "登录名用 3 至 32 个小写字母、数字、点或连字符，不要用 admin、root 这样的默认名称。"


class LoginTaken(StaffError):
    code = "staff.login_taken"
    sentence = "这个登录名已经有人使用。"
    status = 409


class RegionUnknown(StaffError):
    code = "staff.region_unknown"
    sentence = "行政区划用六位代码，例如 370100；留空表示全域。"


class ClientUnknown(StaffError):
    code = "staff.client_unknown"
    sentence = "指定的应用不存在。"


class ReachNotForRole(StaffError):
    code = "staff.reach_not_for_role"
    sentence = "系统、安全、审计管理员负责全域；区域只用于部门管理员和窗口核验员，应用范围只用于部门管理员。"


class NetworkUnknown(StaffError):
    code = "staff.network_unknown"
    sentence = "网络用地址段书写，例如 10.0.0.0/8；多个用逗号隔开。"


class LinkOver(StaffError):
    code = "staff.link_over"
    sentence = "这个链接已经用过、失效或过期。请向给您链接的管理员索取新的链接。"
    status = 410


class HalfWrong(StaffError):
    code = "staff.half_wrong"
    sentence = "登记码不正确。登记码由批准这件事的管理员交给您，输错五次后链接失效。"


class LastOfRole(StaffError):
    code = "staff.last_of_role"
    sentence = "这是该角色最后一位可以登录的管理员。请先登记接替的人。"
    status = 409


class OperatorGone(StaffError):
    code = "staff.operator_gone"
    sentence = "没有这位可以操作的管理人员，可能刚刚已被停用。"
    status = 409


class PasswordUsedBefore(StaffError):
    code = "staff.password_used_before"
    sentence = "这个密码最近用过，请换一个新的密码。"


class PasswordWrong(StaffError):
    code = "staff.password_wrong"
    sentence = "现在的密码不正确。"


class CodeWrong(StaffError):
    code = "staff.code_wrong"
    sentence = "动态口令不正确。请确认认证器已添加本页的密钥，手机时间准确，再输入新的口令。"


class PasskeyWrong(StaffError):
    code = "staff.passkey_wrong"
    sentence = "通行密钥没有通过验证，请重试。"


class PasskeyKnown(StaffError):
    code = "staff.passkey_known"
    sentence = "这个通行密钥已经添加过。"
    status = 409


class LastFactor(StaffError):
    code = "staff.last_factor"
    sentence = "这是您最后一种登录方式，不能删除。请先添加另一种。"
    status = 409


class TokenUnfit(StaffError):
    code = "staff.token_unfit"
    sentence = "请给令牌起一个名称，选择至少一项您自己的权限，有效期 1 至 90 天。"


class TooManyTokens(StaffError):
    code = "staff.too_many_tokens"
    sentence = "有效的令牌已经太多，请先吊销不用的。"
    status = 409


class PasswordsDiffer(StaffError):
    code = "staff.passwords_differ"
    sentence = "两次输入的密码不一样，请重新输入。"


class RoleFixed(StaffError):
    code = "staff.role_fixed"
    sentence = "审计管理员不能改任其他角色，其他角色也不能改任审计管理员。请停用后用新的登录名登记。"
    status = 409


class RoleUnknown(StaffError):
    code = "staff.role_unknown"
    sentence = "请选择一个角色。"


class NotWaiting(StaffError):
    code = "confirmation.not_waiting"
    sentence = "这项请求已经处理、撤回或过期，或者提出它的令牌已经失效。"
    status = 409


class TooManyWaiting(StaffError):
    code = "confirmation.too_many"
    sentence = "这个令牌等待确认的请求太多，请先处理或撤回。"
    status = 409
