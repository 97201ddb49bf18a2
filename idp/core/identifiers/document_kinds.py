"""Kinds of documents of natural persons, and the codes by which registers call them."""

from enum import StrEnum
from typing import Final


class DocumentKind(StrEnum):
    """Kinds of documents of natural persons."""

    RESIDENT_ID = "resident_id"  # 居民身份证
    HMT_RESIDENCE_PERMIT = "hmt_residence_permit"  # 港澳台居民居住证
    HK_MACAO_TRAVEL_PERMIT = "hk_macao_travel_permit"  # 港澳居民来往内地通行证
    TAIWAN_TRAVEL_PERMIT = "taiwan_travel_permit"  # 台湾居民来往大陆通行证
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"  # 外国人永久居留身份证
    PRC_PASSPORT = "prc_passport"  # 中华人民共和国护照
    FOREIGN_PASSPORT = "foreign_passport"  # 外国护照
    EXIT_PERMIT_HK_MACAO = "exit_permit_hk_macao"  # 往来港澳通行证
    EXIT_PERMIT_TAIWAN = "exit_permit_taiwan"  # 往来台湾通行证


# GA/T 2000.156, GA/T 517. No value is confirmed for the residence permit of 2018: RPHMT is our own.
_GA_T: Final = {
    DocumentKind.RESIDENT_ID: "111",
    DocumentKind.HMT_RESIDENCE_PERMIT: "RPHMT",
    DocumentKind.HK_MACAO_TRAVEL_PERMIT: "516",
    DocumentKind.TAIWAN_TRAVEL_PERMIT: "511",
    DocumentKind.FOREIGN_PERMANENT_RESIDENT: "553",
    DocumentKind.PRC_PASSPORT: "414",
    DocumentKind.FOREIGN_PASSPORT: "414",
    DocumentKind.EXIT_PERMIT_HK_MACAO: "513",
    DocumentKind.EXIT_PERMIT_TAIWAN: "517",
}
_OF_GA_T: Final = {
    **{code: kind for kind, code in _GA_T.items() if kind is not DocumentKind.FOREIGN_PASSPORT},
    "51": DocumentKind.RESIDENT_ID,  # Zhejiang
    **dict.fromkeys(("411", "412", "413"), DocumentKind.PRC_PASSPORT),
}
_SHORT: Final = {
    "1": DocumentKind.RESIDENT_ID,
    "2": DocumentKind.PRC_PASSPORT,
    "4": DocumentKind.HK_MACAO_TRAVEL_PERMIT,
    "5": DocumentKind.TAIWAN_TRAVEL_PERMIT,
    "6": DocumentKind.FOREIGN_PERMANENT_RESIDENT,
}
_CHINA: Final = (None, "CHN")


def ga_t_code(kind: DocumentKind) -> str:
    """What registers of public security call the kind."""
    return _GA_T[kind]


def kind_of_ga_t(code: str, *, country: str | None = None) -> DocumentKind | None:
    """The kind behind a code; one code names all passports, and the country tells them apart. None for what we do not take."""
    if code == "414" and country not in _CHINA:
        return DocumentKind.FOREIGN_PASSPORT
    return _OF_GA_T.get(code)


def kind_of_short_code(code: str) -> DocumentKind | None:
    """The kind behind the one-digit code of the JIS interfaces."""
    return _SHORT.get(code)


def short_code(kind: DocumentKind) -> str | None:
    """The one-digit code of the JIS interfaces; None where they know none."""
    wanted = DocumentKind.PRC_PASSPORT if kind is DocumentKind.FOREIGN_PASSPORT else kind
    return next((code for code, known in _SHORT.items() if known is wanted), None)
