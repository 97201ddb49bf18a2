"""What an installation was issued by the Alipay open platform, and which of its products it uses."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from idp.core import partner_certificates, rsa_keys
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.adapters.alipay import certificate_numbers

SIGN_IN: Final = "sign_in"
FACE: Final = "face"
_USES = frozenset({SIGN_IN, FACE})

BIZ_CODES: Final = {
    "certify": ("FACE", "SMART_FACE", "CERT_PHOTO_FACE"),
    "zhima": ("FACE",),
    "datadigital": ("DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION",),
}
"""By product, the modes in which a face is compared and no application of ours is needed; the first is the default."""

_APP_ID = re.compile(r"[0-9]{16}")
_CERTIFICATES = ("app_cert", "alipay_public_cert", "alipay_root_cert")
_AES_128 = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Either `alipay_public_key`, or the three certificates of certificate mode. Keys are PEM or bare Base64."""

    app_id: str
    """The application: 16 digits."""
    app_private_key: Secret
    """Signs our requests: RSA of 2048 bits, PKCS#1 or PKCS#8."""
    alipay_public_key: str = ""
    """Signs the answers, outside of certificate mode; it is Alipay's, and not the one of the application."""
    app_cert: str = ""
    """Certificate mode: that of our key."""
    alipay_public_cert: str = ""
    """Certificate mode: that of the key by which the answers are signed today; later ones are fetched."""
    alipay_root_cert: str = ""
    """Certificate mode: the roots to which they must lead."""
    aes_key: Secret = field(default=Secret(""))
    """The key of content encryption in Base64, where it was agreed on."""
    gateway_url: str = "https://openapi.alipay.com/gateway.do"
    """Where requests go."""
    authorize_url: str = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm"
    """Where people are sent to sign in."""
    uses: frozenset[str] = _USES
    """`sign_in`, `face`, or both: what of it is offered."""
    user_info: bool = False
    """Ask for consent to read the nickname, which is shown where the account is listed; nothing else is made of it."""
    product: str = "certify"
    """`certify`, `zhima` (the older operations) or `datadigital`: the product by which faces are compared."""
    biz_code: str = ""
    """The mode of that product; empty is its usual one."""
    face_reserve_strategy: str = "never"
    """Alipay is asked not to keep the picture; empty leaves it to the contract."""
    cost: int = 100
    """What one scan costs, in fen; cheaper ways are offered first."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        if not _APP_ID.fullmatch(self.app_id):
            raise ConfigurationError("app_id: must be the 16 digits of the application")
        own = _checked("app_private_key", rsa_keys.private_key, self.app_private_key.reveal())
        self._check_trust(own)
        self._check_addresses()
        self._check_products()
        if self.aes_key and len(aes_key_of(self)) != _AES_128:
            raise ConfigurationError("aes_key: must be 16 bytes in Base64")
        option_rules.answer_seconds(self.answer_seconds)

    @property
    def is_in_certificate_mode(self) -> bool:
        return bool(self.app_cert)

    @property
    def chosen_biz_code(self) -> str:
        return self.biz_code or BIZ_CODES[self.product][0]

    def _check_trust(self, own: rsa_keys.RsaPrivateKey) -> None:
        given = [name for name in _CERTIFICATES if getattr(self, name)]
        if self.alipay_public_key:
            if given:
                raise ConfigurationError(
                    f"{given[0]}: goes with certificate mode, alipay_public_key with the other one"
                )
            _checked("alipay_public_key", rsa_keys.public_key, self.alipay_public_key)
            return
        if not given:
            raise ConfigurationError("alipay_public_key: is required, or the three certificates of certificate mode")
        for name in _CERTIFICATES:
            if name not in given:
                raise ConfigurationError(f"{name}: is required in certificate mode")
        mine = _checked("app_cert", partner_certificates.read_one, self.app_cert)
        if _checked("app_cert", lambda _: mine.public_key, "") != own.public:
            raise ConfigurationError("app_cert: belongs to another key than app_private_key")
        alipay = _checked("alipay_public_cert", partner_certificates.read_one, self.alipay_public_cert)
        _checked("alipay_public_cert", lambda _: alipay.public_key, "")
        roots = _checked("alipay_root_cert", partner_certificates.read_all, self.alipay_root_cert)
        if not certificate_numbers.of_roots(roots):
            raise ConfigurationError("alipay_root_cert: holds no root that signs with RSA")

    def _check_addresses(self) -> None:
        for name in ("gateway_url", "authorize_url"):
            option_rules.base_address(name, getattr(self, name))

    def _check_products(self) -> None:
        if not self.uses or not self.uses <= _USES:
            raise ConfigurationError(f"uses: is a list of {' and '.join(sorted(_USES))}")
        if self.product not in BIZ_CODES:
            raise ConfigurationError(f"product: is one of {', '.join(BIZ_CODES)}")
        if self.chosen_biz_code not in BIZ_CODES[self.product]:
            raise ConfigurationError(
                f"biz_code: with product {self.product}, one of {', '.join(BIZ_CODES[self.product])}"
            )
        if self.face_reserve_strategy not in {"never", ""}:
            raise ConfigurationError("face_reserve_strategy: is never, or empty")
        option_rules.cost(self.cost)


def aes_key_of(options: Options) -> bytes:
    """The key of content encryption as bytes; empty when there is none."""
    try:
        return base64.b64decode(options.aes_key.reveal(), validate=True)
    except (binascii.Error, ValueError) as odd:
        raise ConfigurationError("aes_key: must be 16 bytes in Base64") from odd


def _checked(member: str, read: Callable[[str], Any], text: str) -> Any:
    """What `read` makes of a member; its complaint becomes that of the configuration."""
    try:
        return read(text)
    except ValueError as wrong:
        raise ConfigurationError(f"{member}: {wrong}") from wrong
