"""What an officer at a counter is told when something cannot be done."""

from idp.core.errors import DomainError


class CounterRefused(DomainError):
    """What an officer is told; nothing was changed."""


class NoSuchCase(CounterRefused):
    code, sentence, status = "counter_no_such_case", "没有这个办理码，或者它已经用过、过期。", 404


class SameOfficer(CounterRefused):
    code, sentence = "counter_same_officer", "复核必须由另一位核验员进行。"


class EndDiffers(CounterRefused):
    code, sentence, field = "counter_end_differs", "证件号码末四位与初核录入的不一致，请对照证件检查。", "number_end"


class TooManyCodes(CounterRefused):
    code, sentence, status = "counter_too_many_codes", "错误的办理码太多，请一小时后再试。", 429


class CardExpired(CounterRefused):
    code, sentence, field = "counter_card_expired", "证件已经过期，不能用来核验。", "valid_until"


class InvalidDocument(CounterRefused):
    code, sentence, field = "counter_document_invalid", "证件号码不符合这种证件的规则，请对照证件检查。", "number"
