"""Why a request for a human's look cannot be filed or decided, in words for who reads it."""

from idp.core.errors import DomainError


class ReviewRefused(DomainError):
    """Base of the refusals about reviews."""

    code = "review_refused"
    sentence = "这个申请不能办理。"


class TooManyClaimed(ReviewRefused):
    """Nobody, and no program, takes the queue away from the others."""

    code = "review_too_many_claimed"
    sentence = "您领取的申请已经太多。请先办理或者退回，再领取新的。"
    status = 409


class PaperMissing(ReviewRefused):
    code = "review_paper_missing"
    field = "paper"
    sentence = "请附上证照或证明材料的照片或 PDF 文件。"


class PaperTooLarge(ReviewRefused):
    code = "review_paper_too_large"
    field = "paper"
    sentence = "文件太大，请选择不超过 2 MB 的文件。"


class PaperUnreadable(ReviewRefused):
    """Not what it says to be, broken, larger than any photograph, or a PDF that holds more than pages."""

    code = "review_paper_unreadable"
    field = "paper"
    sentence = "这个文件不能使用。请选择完整的 JPEG、PNG 照片，或不带密码、脚本和附件的 PDF 文件。"


class RemarkTooLong(ReviewRefused):
    code = "review_remark_too_long"
    field = "remark"
    sentence = "说明太长，请控制在 500 字以内。"


class AlreadyOpen(ReviewRefused):
    code = "review_already_open"
    sentence = "您已有一个同类申请正在办理，请先查看它的进度。"
    status = 409


class TooManyRequests(ReviewRefused):
    code = "review_too_many"
    sentence = "今天提交的申请太多，请明天再试。"
    status = 429


class NotProvenYet(ReviewRefused):
    """There is no proven person whose document could have changed."""

    code = "review_person_missing"
    sentence = "您还没有核验过身份，不需要变更证件。请直接核验。"


class SameDocument(ReviewRefused):
    code = "review_same_document"
    field = "resident_id"
    sentence = "这与您现在的证件和姓名相同，没有需要变更的内容。"


class DocumentIsOver(ReviewRefused):
    code = "review_document_expired"
    field = "valid_until"
    sentence = "请填写证件的有效期，并确认证件没有过期。"


class AlreadyRepresented(ReviewRefused):
    code = "review_already_represents"
    field = "uscc"
    sentence = "您已经是这个单位的法定代表人，不需要再申请。"


class RelationSeen(ReviewRefused):
    code = "review_relation_seen"
    sentence = "这个孩子的监护关系已经核对过，不需要再申请。"


class RequestIsOver(ReviewRefused):
    """It was decided, withdrawn, sent back or completed meanwhile."""

    code = "review_over"
    sentence = "这个申请已经处理、撤回或过期。"
    status = 409


class NotClaimed(ReviewRefused):
    """The reviewer does not hold it, or no longer does."""

    code = "review_not_claimed"
    sentence = "您没有领取这个申请，或者领取已经超过 30 分钟。请重新领取。"
    status = 409


class ClaimedByAnother(ReviewRefused):
    code = "review_claimed_by_another"
    sentence = "这个申请正由另一位审核员办理，或者需要另一位审核员复核。"
    status = 409


class HolderOfLicence(ReviewRefused):
    """Somebody is known as the legal representative more surely than papers can show."""

    code = "review_known_more_surely"
    sentence = (
        "已有人凭电子营业执照或证件号码被认定为该单位的法定代表人，材料审核不能取代。请申请人用电子营业执照确认。"
    )
    status = 409
