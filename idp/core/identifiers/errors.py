"""The one refusal of this package: a text that is not the identifier it claims to be."""


class IdentifierError(ValueError):
    """Carries a stable code such as `resident_id_check_digit`; never the text that was refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
