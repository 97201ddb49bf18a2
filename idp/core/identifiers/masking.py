"""What is shown of a personal value: the same masks on every page."""

from idp.core.identifiers.documents import Document
from idp.core.identifiers.names import SEPARATOR, split_name


def mask_resident_id(number: str) -> str:
    """370199198503070017 → 370199********0017."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if len(number) == 18 else "*" * len(number)


def mask_document(document: Document) -> str:
    """As resident numbers where it has their length; H12345678 → H1*****78, AB123 → A***3."""
    number = document.number
    if len(number) == 18:
        return mask_resident_id(number)
    ends = 2 if len(number) >= 8 else 1
    return f"{number[:ends]}{'*' * (len(number) - 2 * ends)}{number[-ends:]}"


def mask_mobile(number: str) -> str:
    """13800000001 → 138****0001."""
    return f"{number[:3]}****{number[-4:]}" if len(number) == 11 else "*" * len(number)


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳甲乙 → 欧阳**; of a name in parts or in Latin letters only the first character stays."""
    if SEPARATOR in name or name.isascii():
        return f"{name[:1]}**"
    family = split_name(name)[0] or name[:1]
    return family + "*" * max(1, len(name) - len(family))


def mask_email(address: str) -> str:
    """wang@example.com → w***@example.com."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def mask_birthdate(date: str) -> str:
    """1985-03-07 → 1985-**-**."""
    return f"{date[:4]}-**-**"
