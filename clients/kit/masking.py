"""How numbers are shown on a page: enough to recognise one's own, too little to copy another's."""


def resident_id(number: str) -> str:
    """370199198503070017 → 370199********0017."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def phone(number: str) -> str:
    """+8619900000001 → 199****0001."""
    local = number.removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}" if len(local) == 11 else "*" * len(local)
