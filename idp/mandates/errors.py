"""What may be refused to those who speak for an organisation, in words for the person."""

from idp.core.errors import DomainError


class NotAPerson(DomainError):
    """Only a known, adult natural person stands for an organisation; the page offers to prove it."""

    code = "identity_needed"
    sentence = "请先核验您本人的身份，再办理单位的事情。"
    status = 403


class IsMinor(DomainError):
    code = "adult_needed"
    sentence = "未满 18 周岁不能代表单位办事。"
    status = 403


class InvalidOrganisationName(DomainError):
    code = "organisation_name_invalid"
    field = "organisation_name"
    sentence = "请填写营业执照或登记证书上的单位全称。"


class InvalidUscc(DomainError):
    code = "uscc_invalid"
    field = "uscc"
    sentence = "这不是有效的统一社会信用代码：应为 18 位数字和大写字母，请对照证照检查。"


class NeedsManualReview(DomainError):
    """No register that answers by machine holds this kind of organisation (GB 32100-2015, the first two characters)."""

    code = "organisation_needs_manual_review"
    field = "uscc"
    sentence = "这类单位的登记机关还没有联网，不能在网上办理。请携带登记证书和身份证到政务服务大厅人工办理。"


class NotRecognised(DomainError):
    """The one neutral answer for: no such organisation, another name, not its legal representative."""

    code = "organisation_not_recognised"
    sentence = (
        "没有通过核对。请检查单位名称和代码是否与证照一致；只有登记的法定代表人本人可以添加单位。您是工作人员的，"
        "请由法定代表人或单位管理员授权您为经办人。"
    )


class OrganisationNotActive(DomainError):
    code = "organisation_not_active"
    sentence = "该单位的登记状态不是存续（在营、开业、在册），不能办理。状态有误的，请向登记机关查询。"


class HasRepresentative(DomainError):
    """Somebody of that name is known as the legal representative already; namesakes are told apart by the licence."""

    code = "organisation_has_representative"
    sentence = "已有一位同名的人被认定为该单位的法定代表人。如果您才是本人，请用电子营业执照确认。"


class TooManyOrganisations(DomainError):
    code = "too_many_organisation_queries"
    sentence = "今天查询单位的次数已用完，请明天再试。"
    status = 429


class LicenceNotYours(DomainError):
    """The licence was shown, but by somebody else, or by one who is not the legal representative."""

    code = "licence_not_yours"
    sentence = (
        "出示的电子营业执照不是由您本人以法定代表人身份持有，没有认定。办事人和证照管理员请由法定代表人授权为经办人。"
    )


class LicenceRefused(DomainError):
    code = "licence_refused"
    sentence = "电子营业执照没有得到确认：可能被拒绝、已经过期，或者证照已失效。请重新扫码。"


class MayNotGive(DomainError):
    code = "may_not_give_mandate"
    sentence = "您现在不能以这个单位的名义授权。"
    status = 403


class InvalidAgentName(DomainError):
    code = "agent_name_invalid"
    field = "name"
    sentence = "请填写对方身份证上的姓名。"


class OwnPhone(DomainError):
    code = "agent_is_oneself"
    field = "phone"
    sentence = "这是您自己的手机号，不需要给自己授权。"


class NoSites(DomainError):
    code = "mandate_without_sites"
    field = "sites"
    sentence = "请至少选择一个网站。"


class WiderThanParent(DomainError):
    code = "mandate_wider_than_own"
    field = "sites"
    sentence = "转授权的网站不能超出您自己得到的授权。"


class InvalidTerm(DomainError):
    code = "mandate_term_invalid"
    field = "days"
    sentence = "授权期限为 1 至 365 天。"


class LongerThanParent(DomainError):
    code = "mandate_longer_than_own"
    field = "days"
    sentence = "转授权的期限不能超出您自己得到的授权。"


class TooDeep(DomainError):
    code = "mandate_chain_too_long"
    field = "may_delegate"
    sentence = "这份授权已经转过两次，不能再允许转授权。"


class TooManyMandates(DomainError):
    code = "too_many_mandates"
    sentence = "今天发出的授权邀请太多，请明天再试。"
    status = 429


class OfferIsOver(DomainError):
    """It was withdrawn, declined, accepted or has lapsed meanwhile; or it never was this person's."""

    code = "mandate_offer_over"
    sentence = "这份授权邀请已经不能接受：它可能已被撤回、已经处理过，或者已过期。"
    status = 409


class NameDiffers(DomainError):
    code = "mandate_for_another_name"
    sentence = "邀请上的姓名与您核验过的姓名不一致，不能接受。请让对方核对姓名后重新邀请。"


class AlreadyEnded(DomainError):
    code = "mandate_already_ended"
    sentence = "这份授权已经结束。"
    status = 409


class MayNotEnd(DomainError):
    code = "may_not_end_mandate"
    sentence = "您不能结束这份授权。"
    status = 403
