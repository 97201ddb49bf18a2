"""What may be wrong with an attempt to prove an identity, in words for the person."""

from idp.core.errors import DomainError


class InvalidIdentity(DomainError):
    """Impossible input, found before anybody is asked; `field` is name or resident_id."""

    code = "identity_invalid"
    sentence = "请检查填写的内容。"


class InvalidName(InvalidIdentity):
    code = "name_invalid"
    field = "name"
    sentence = "请填写身份证上的姓名。"


class InvalidResidentId(InvalidIdentity):
    code = "resident_id_invalid"
    field = "resident_id"
    sentence = "这个号码不是有效的公民身份号码，请对照身份证检查。"


class InvalidDocument(InvalidIdentity):
    code = "document_invalid"
    field = "resident_id"
    sentence = "这个号码不是有效的证件号码，请对照证件检查，并确认证件类型。"


class NotForThisAccount(DomainError):
    """The proof stands, but not for this account: the transaction that would have kept it is dropped."""


class MinorNeedsGuardian(InvalidIdentity, NotForThisAccount):
    code = "minor_needs_guardian"
    field = "resident_id"
    sentence = "未满 14 周岁不能自行核验。请监护人登录自己的账户，在账户中心的“未成年人”中添加。"


class NotProven(DomainError):
    """The one neutral answer for mismatch, not found and deceased: it tells a stranger nothing."""

    code = "identity_not_proven"
    sentence = (
        "没有通过核验。请检查姓名和身份证号是否与身份证一致；确认无误仍不通过的，请携带身份证到政务服务大厅办理。"
    )


class FaceNotProven(NotProven):
    """The same where a face was compared: one answer for every reason too, which fits who is known already."""

    code = "identity_face_not_proven"
    sentence = (
        "没有通过核验。请由本人正对镜头、在光线均匀处再试一次，或换一种方式；刚填写过姓名和证件号码的，请对照证件检查。"
    )


class BelongsToAnother(NotForThisAccount):
    """The person is proven, but already stands behind another account."""

    code = "person_has_another_account"
    sentence = "这个身份已在另一个账户中核验。请用原来的账户登录；忘记账户时，可用当时的手机号找回。"


class AnotherPerson(NotForThisAccount):
    """This account already stands for somebody else."""

    code = "account_is_another_person"
    sentence = "这个账户已核验为另一个人，不能更改。请使用您自己的账户。"


class AccountIsOver(NotForThisAccount):
    """The account was closed, or merged into another one, while the question was under way."""

    code = "account_is_over"
    sentence = "这个账户已经注销或合并，不能再核验。"


class TooManyChecks(DomainError):
    code = "too_many_identity_checks"
    sentence = "今天的核验次数已用完，请明天再试，或携带身份证到政务服务大厅办理。"
    status = 429


class FaceNotForMinors(DomainError):
    """Who is not of age proves themselves in another way, unless the installation lets them."""

    code = "face_not_for_minors"
    sentence = "未满 18 周岁不使用人脸核验，请选择其他方式，或由监护人陪同到政务服务大厅办理。"


class FaceConsentMissing(DomainError):
    """A face is sensitive: nobody is asked about one without a consent of its own (PIPL art. 29)."""

    code = "face_consent_missing"
    sentence = "使用人脸核验前，需要您单独同意。"


class WayUnsuitable(DomainError):
    """The source that was chosen does not know this kind of document, or is not there any more."""

    code = "identity_way_unsuitable"
    sentence = "这种方式不适用于您的证件，请选择其他方式。"


class TooManyTickets(DomainError):
    """Codes for the counter, which are never given twice."""

    code = "counter_too_many_tickets"
    sentence = "今天领取的办理码太多，请明天再试，或使用已领取的办理码。"
    status = 429
