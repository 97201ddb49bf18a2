"""Why a list is not taken, or an import not moved: the sentences that operators read."""

from idp.core.errors import DomainError


class BulkError(DomainError):
    """Base of the refusals about lists."""

    code = "bulk.refused"
    sentence = "这份名单不能处理。"
    status = 400


class UnreadableList(BulkError):
    code = "bulk.unreadable"
    sentence = "文件不能读取。请使用 UTF-8 或 GBK 编码的 CSV，或者 XLSX。"


class UnknownColumn(BulkError):
    """A heading that is not in the table, that stands twice, or that is missing; `column` as it was written."""

    code = "bulk.unknown_column"
    sentence = "表头不正确：每一列必须是说明中的列名，不能重复，并且必须有“手机号”一列。"

    def __init__(self, column: str) -> None:
        super().__init__(field=column)


class EmptyList(BulkError):
    code = "bulk.empty"
    sentence = "名单中没有数据。第一行是表头，从第二行开始填写。"


class ListTooLong(BulkError):
    code = "bulk.too_long"
    sentence = "名单太大。一次最多 100,000 行、16 MB，请分成几份。"


class NotInThatState(BulkError):
    code = "bulk.not_in_that_state"
    sentence = "这次导入已经不在可以这样处理的状态，请刷新后查看。"
    status = 409
