"""Identifiers of persons and organisations: reading, checking, normalising, masking. Pure functions."""

from idp.core.identifiers.ages import ADULT, NEEDS_GUARDIAN_UNDER, age_on
from idp.core.identifiers.document_kinds import DocumentKind, ga_t_code, kind_of_ga_t, kind_of_short_code, short_code
from idp.core.identifiers.documents import Document
from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.masking import (
    mask_birthdate,
    mask_document,
    mask_email,
    mask_mobile,
    mask_name,
    mask_resident_id,
)
from idp.core.identifiers.mobile import MobileNumber
from idp.core.identifiers.names import has_rare_character, normalise_name, split_name
from idp.core.identifiers.resident_id import Gender, ResidentId
from idp.core.identifiers.uscc import Registry, Uscc, is_organisation_code

__all__ = [
    "ADULT",
    "NEEDS_GUARDIAN_UNDER",
    "Document",
    "DocumentKind",
    "Gender",
    "IdentifierError",
    "MobileNumber",
    "Registry",
    "ResidentId",
    "Uscc",
    "age_on",
    "ga_t_code",
    "has_rare_character",
    "is_organisation_code",
    "kind_of_ga_t",
    "kind_of_short_code",
    "mask_birthdate",
    "mask_document",
    "mask_email",
    "mask_mobile",
    "mask_name",
    "mask_resident_id",
    "normalise_name",
    "short_code",
    "split_name",
]
