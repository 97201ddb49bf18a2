"""Identifiers of persons and organisations: reading, checking, normalising, masking. Pure functions."""

from idp.core.identifiers.documents import Document, DocumentKind
from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.masking import mask_birthdate, mask_email, mask_mobile, mask_name, mask_resident_id
from idp.core.identifiers.mobile import MobileNumber
from idp.core.identifiers.names import has_rare_character, normalise_name, split_name
from idp.core.identifiers.resident_id import Gender, ResidentId
from idp.core.identifiers.uscc import Registry, Uscc, is_organisation_code

__all__ = [
    "Document",
    "DocumentKind",
    "Gender",
    "IdentifierError",
    "MobileNumber",
    "Registry",
    "ResidentId",
    "Uscc",
    "has_rare_character",
    "is_organisation_code",
    "mask_birthdate",
    "mask_email",
    "mask_mobile",
    "mask_name",
    "mask_resident_id",
    "normalise_name",
    "split_name",
]
