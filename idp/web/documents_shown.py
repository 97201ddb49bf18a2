"""What documents are called on pages."""

from __future__ import annotations

from flask_babel import gettext as _

from idp.core.identifiers import DocumentKind


def kinds() -> dict[DocumentKind, str]:
    """Every kind by its name, in the order in which a page offers them."""
    return {
        DocumentKind.RESIDENT_ID: _("公民身份号码"),
        DocumentKind.HMT_RESIDENCE_PERMIT: _("港澳台居民居住证"),
        DocumentKind.HK_MACAO_TRAVEL_PERMIT: _("港澳居民来往内地通行证"),
        DocumentKind.TAIWAN_TRAVEL_PERMIT: _("台湾居民来往大陆通行证"),
        DocumentKind.FOREIGN_PERMANENT_RESIDENT: _("外国人永久居留身份证"),
        DocumentKind.PRC_PASSPORT: _("中华人民共和国护照"),
        DocumentKind.FOREIGN_PASSPORT: _("外国护照"),
        DocumentKind.EXIT_PERMIT_HK_MACAO: _("往来港澳通行证"),
        DocumentKind.EXIT_PERMIT_TAIWAN: _("往来台湾通行证"),
    }


def label(kind: DocumentKind) -> str:
    return str(kinds()[kind])
