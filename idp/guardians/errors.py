"""Why a guardian cannot do this for a child."""

from idp.core.errors import DomainError


class NotAGuardian(DomainError):
    code = "guardian_must_be_verified_adult"
    sentence = "请先核验您本人的身份。只有已核验的成年人可以为未成年人开设账户。"


class NotAChild(DomainError):
    code = "not_under_fourteen"
    sentence = "年满 14 周岁可以自己注册和核验，不需要由监护人添加。"
    field = "resident_id"


class ChildHasAccount(DomainError):
    code = "child_has_account"
    sentence = "这个孩子已经有账户。如果由另一位监护人管理，请与其联系，或到政务服务大厅办理。"


class TooManyChildren(DomainError):
    code = "too_many_children"
    sentence = "一个账户最多可以管理 5 名未成年人。还需要添加的，请到政务服务大厅办理。"


class StillNeedsGuardian(DomainError):
    code = "still_needs_guardian"
    sentence = "孩子未满 14 周岁，需要监护人。不再使用时，可以注销孩子的账户。"


class CannotHandOver(DomainError):
    """An officer named an account that is no verified adult's, or a child whom nobody, or this guardian already, answers for."""

    code = "cannot_hand_over"
    sentence = "不能交给这个账户：须是已核验的成年人，并且孩子现在由另一位监护人管理。"


class NoSuchChild(DomainError):
    """Nobody this account answers for."""

    code = "no_such_child"
    sentence = "没有找到这个账户。"
    status = 404
