"""Why two accounts are not made one, or not made two again."""

from idp.core.errors import DomainError


class CannotMerge(DomainError):
    """One of the two is not as it was when the person was asked: frozen, closed, merged meanwhile, or of a child."""

    code = "accounts_cannot_be_merged"
    sentence = "现在不能合并这两个账户。请稍后再试，或携带证件到政务服务大厅办理。"


class NotTheOtherAccount(DomainError):
    """Whoever signed in did not sign in to the account that stands for this person."""

    code = "not_the_other_account"
    sentence = "没有通过。请用核验过这份证件的那个账户来确认。"


class CannotUndo(DomainError):
    """It was undone before, or its time is over."""

    code = "merge_cannot_be_undone"
    sentence = "这次合并已经不能撤销。"
