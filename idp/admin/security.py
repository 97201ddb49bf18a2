"""The security administrator's view of policies and keys; settings and commands change them, where changes are reviewed."""

from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.admin.texts import word
from idp.edge.services import services
from idp.oidc.jwt import keys as signing_keys
from idp.policies.kinds import ThrottlePolicy
from idp.staff.permissions import Permission
from idp.staff.sessions import ABSOLUTE, IDLE


@route("/policies", Permission.POLICIES_READ)
def policies() -> ResponseReturnValue:
    given = services().settings
    shown = (
        (word("密码最短长度"), given.password.min_length, "IDP_PASSWORD_MIN_LENGTH"),
        (word("密码必须包含的字符种类"), given.password.required_classes, "IDP_PASSWORD_REQUIRED_CLASSES"),
        (word("密码有效天数（0 为不过期）"), given.password.max_age_days, "IDP_PASSWORD_MAX_AGE_DAYS"),
        (word("会话空闲时限（分钟）"), given.session_idle_minutes, "IDP_SESSION_IDLE_MINUTES"),
        (word("会话最长时限（小时）"), given.session_hours, "IDP_SESSION_HOURS"),
        (word("授权码有效期（秒）"), given.code_seconds, "IDP_CODE_SECONDS"),
        (word("访问令牌有效期（秒）"), given.access_token_seconds, "IDP_ACCESS_TOKEN_SECONDS"),
        (word("刷新令牌有效期（天）"), given.refresh_token_days, "IDP_REFRESH_TOKEN_DAYS"),
        (word("应用自助注册"), given.client_registration, "IDP_CLIENT_REGISTRATION"),
        (word("密码算法体系"), given.crypto_suite.value, "IDP_CRYPTO_SUITE"),
        (word("管理员会话空闲时限（分钟）"), int(IDLE.total_seconds() // 60), ""),
        (word("管理员会话最长时限（小时）"), int(ABSOLUTE.total_seconds() // 3600), ""),
        (word("管理员连续失败次数上限"), ThrottlePolicy().failures, ""),
        (word("管理员锁定时长（分钟）"), ThrottlePolicy().block_minutes, ""),
    )
    return console.page("policies.html", policies=shown)


@route("/keys", Permission.KEYS_READ)
def keys() -> ResponseReturnValue:
    with services().database.view() as db:
        rows = signing_keys.listing(db)
    return console.page("keys.html", keys=rows)
