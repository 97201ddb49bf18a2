"""What a change of a policy may be refused for."""

from idp.core.errors import DomainError


class PolicyRefused(DomainError):
    code = "policy_refused"
    sentence = "这些内容不符合要求，请按提示修改。"


class PolicyMoved(DomainError):
    """The form was made from a version that is no longer the current one."""

    code = "policy_moved"
    sentence = "您打开表单以后，这项策略已经被别人改过。请重新打开，看过现在的内容再修改。"
    status = 409


class PolicyUnchanged(DomainError):
    code = "policy_unchanged"
    sentence = "内容与现在的一样，没有可以保存的修改。"
