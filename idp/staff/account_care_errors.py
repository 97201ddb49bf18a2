"""Why an act on an account is not done: the sentences that operators read."""

from idp.staff.errors import StaffError


class NotPossible(StaffError):
    code = "account.not_possible"
    sentence = "账户现在的状态不允许这个操作，请刷新页面核对。"
    status = 409


class NotActive(StaffError):
    code = "account.not_active"
    sentence = "账户已冻结、注销或并入另一账户，不能办理这个操作。"
    status = 409


class NobodyProven(StaffError):
    code = "account.nobody_proven"
    sentence = "这个账户还没有通过任何身份核验，不能人工提升程度。请本人携带证件到窗口办理。"
    status = 409
