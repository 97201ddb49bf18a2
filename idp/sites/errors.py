"""Why something is refused to those who keep a site: the sentences they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.core.errors import DomainError

if TYPE_CHECKING:
    from idp.sites.rules import Problem


class SiteError(DomainError):
    """Base of the refusals about relying sites and their departments."""

    code = "site.refused"
    sentence = "这个操作不能完成。"


class NotYours(SiteError):
    """There is no such site, or none that this person may manage at this moment: they are told the same."""

    code = "site.not_yours"
    sentence = "没有找到这个应用，或者您现在不能管理它。"
    status = 404


class NoDepartment(SiteError):
    code = "site.no_department"
    sentence = "您现在不能为这个部门办理接入。"
    status = 404


class EnoughTestSites(SiteError):
    code = "site.enough_test_sites"
    sentence = "本部门处于测试的应用已有 100 个，请先请平台运营人员删除不再使用的。"
    status = 409


class ReleaseWaits(SiteError):
    code = "site.release_waits"
    sentence = "上线申请正在审核，现在不能修改。需要修改时请先撤回申请。"
    status = 409


class StillWrong(SiteError):
    """`problems` are what a department has still to say or mend (`idp.sites.rules`)."""

    code = "site.still_wrong"
    sentence = "还有内容需要补充或改正。"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


class NothingToRelease(SiteError):
    code = "site.nothing_to_release"
    sentence = "没有可以申请上线的修改。"
    status = 409


class NotOpen(SiteError):
    code = "site.not_open"
    sentence = "这个申请已经处理或撤回。"
    status = 409


class NotReady(SiteError):
    code = "site.not_ready"
    sentence = "还不能上线：地址必须是 https，部门必须在册，敏感信息必须由两位管理员批准。"
    status = 409


class NeedsReason(SiteError):
    code = "site.needs_reason"
    sentence = "请写明理由：检查没有通过而批准，或者退回申请，都要说明。"


class NoSecret(SiteError):
    code = "site.no_secret"
    sentence = "这个应用不用密码，或者没有这个密码。"
    status = 409


class NeedsAnother(SiteError):
    code = "site.needs_another"
    sentence = "正式应用的新密码要由本部门另一位管理应用的人确认。请先提出申请。"
    status = 409


class OwnWish(SiteError):
    code = "site.own_wish"
    sentence = "不能确认自己的申请，请由本部门另一位管理应用的人确认。"
    status = 403


class NoSuchDepartment(SiteError):
    code = "site.no_such_department"
    sentence = "没有这个部门，或者它不在册、不能管理应用。"


class OwnedAlready(SiteError):
    code = "site.owned_already"
    sentence = "这个应用已经属于一个部门，或者已删除。"
    status = 409


class TokenUnfit(SiteError):
    code = "site.token_unfit"
    sentence = "令牌要有名称、至少一项权限，有效期 1 到 90 天。"


class TooManyTokens(SiteError):
    code = "site.too_many_tokens"
    sentence = "您在这个部门已有 20 个有效的令牌，请先吊销不再使用的。"
    status = 409
