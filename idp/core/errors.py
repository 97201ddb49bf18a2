"""What may go wrong for a person: a stable code for machines and a sentence for people.

Protocol errors for relying sites are OAuth errors and leave through `idp.oidc.endpoints.errors`.
"""


class DomainError(Exception):
    """A refusal that a person can understand and act on.

    `code` is stable and goes to logs, audit and tests; `sentence` is the Chinese text shown to the person
    and the key of its translation; `field` names the form field it belongs to, if any; `retry_after` is in seconds.
    """

    code = "refused"
    sentence = "现在不能完成这一步，请稍后再试。"
    status = 400
    field: str | None = None
    retry_after: int | None = None

    def __init__(self, *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(self.code)
        if field is not None:
            self.field = field
        if retry_after is not None:
            self.retry_after = retry_after


class StoreUnavailable(DomainError):
    code = "store_unavailable"
    sentence = "服务暂时不可用，请稍后再试。"
    status = 503


class DatabaseUnavailable(DomainError):
    code = "database_unavailable"
    sentence = "服务暂时不可用，请稍后再试。"
    status = 503


class ImpossibleText(DomainError):
    """Input with characters or sizes that no database stores; nobody types such a thing into a form."""

    code = "impossible_text"
    sentence = "网址或提交的内容缺少需要的部分。请返回上一页重试，或从原来的网站重新进入。"


class TooManyAttempts(DomainError):
    code = "too_many_attempts"
    sentence = "尝试次数太多，请稍后再试。"
    status = 429


class ConfigurationError(Exception):
    """A setting that stops the boot; the message names the setting and says what to do."""
