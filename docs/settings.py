"""Writes the table of settings into docs/operations.md from `idp/config.py`; a setting without a sentence here stops it.

.venv/bin/python -m docs.settings
"""

import dataclasses
from pathlib import Path
from typing import Any

from idp import config
from idp.core.secret import Secret

PAGE = Path(__file__).parent / "operations.md"
BEGIN, END = "<!-- settings: made by `python -m docs.settings` -->", "<!-- end of settings -->"

SAID = {
    "ISSUER": "public address: scheme, host and port, no path. The only Host that is answered",
    "DATABASE_URL": "`sqlite:///path` or `postgresql://user:password@host/database`",
    "MASTER_KEY": "32 random bytes, base64url; wraps every other key. `python -m idp init --new-master-key` prints one",
    "REDIS_URL": "`redis://…` or `rediss://…`; empty: embedded store, one process only",
    "LISTEN": "where `serve` listens",
    "METRICS_LISTEN": "host:port for `/metrics` alone; loopback or an address of an inner network",
    "WORKERS": "server processes; more than one needs Redis",
    "THREADS": "threads that run Python, in each process",
    "EMBEDDED_WORKER": "whether `serve` runs the worker as a thread",
    "TRUSTED_PROXIES": "networks whose `X-Forwarded-For` is believed, separated by commas; none wider than /8 (IPv6: /16)",
    "CLIENT_CERTIFICATE_HEADER": "header of trusted proxies with a site's certificate, like `Client-Cert`; empty: none is taken",
    "CLIENT_CERTIFICATE_URL": "where the proxy asks for certificates, if not at the issuer (`mtls_endpoint_aliases`)",
    "CLIENT_CA_FILE": "authorities (PEM) whose certificates identify sites (`tls_client_auth`)",
    "OUTBOUND_ALLOW": "private networks that the URLs of clients may lead to",
    "OUTBOUND_CA_FILE": "certificates that outbound TLS is checked against, instead of the usual ones",
    "COUNTER": "whether people may prove themselves at a counter, to officers who work in the console",
    "ADMIN_ALLOW": "networks from which the console answers at all, separated by commas; empty: from everywhere",
    "SOURCES_FILE": "sources of proof and of sign-in, one block each ([adapters](adapters.md)); empty: a counter alone",
    "LOG_FILE": "file for the log; empty: standard error",
    "LOG_LEVEL": "`DEBUG`, `INFO`, `WARNING` or `ERROR`",
    "BRAND_NAME": "name in the header of every page, until operators publish another (policies)",
    "CRYPTO_SUITE": "`international` (AES-256-GCM, HMAC-SHA-256) or `national` (SM4-GCM, HMAC-SM3); chosen once, before `init`",
    "CLIENT_REGISTRATION": "sites may register themselves: `closed`, never; `token`, by an initial access token; `open`, always",
    "SOFTWARE_STATEMENT_ISSUERS": "whose software statements count: `issuer=file` or `issuer=URL` of its JWK Set, with commas",
    "HSTS_SUBDOMAINS": "whether browsers are to use https for all names under this host too (HSTS `includeSubDomains`)",
    "SESSION_IDLE_MINUTES": "a single sign-on session ends after this time without use, unless a policy says another",
    "SESSION_HOURS": "… and after this time in any case, likewise",
    "PHONE_RECONFIRM_DAYS": "after so many days without the phone a code alone opens no account in an unknown browser",
    "CODE_SECONDS": "life of an authorization code",
    "ACCESS_TOKEN_SECONDS": "life of access tokens and ID tokens",
    "REFRESH_TOKEN_DAYS": "life of a refresh token since its last use",
    "REFRESH_GRACE_SECONDS": "how long the lost answer of a rotation may be asked for again",
    "MERGE_UNDO_DAYS": "days within which the merge of two accounts of one person can be undone by its owner",
    "SITE_OWNERS": "who may own relying sites: `departments` (codes of 机构编制, that begin with 1), or `any` organisation",
    "CLIENT_SECRET_DAYS": "days after which the secret of a live site expires",
    "REVIEW_CLAIMS": "reviews that one operator may hold at a time, in the console and by tokens together",
    "STATISTICS_DAYS_KEPT": "days that statistics are kept by day, at least 120; then by month alone, whole months at a time",
    "DATABASE_POOL": "connections to the database, in each process",
    "SANDBOX": "the authorities are stand-ins; refused where it would be a real service",
    "PASSWORD_MIN_LENGTH": "least length of a password; operators may ask for more (policies), never for less",
    "PASSWORD_REQUIRED_CLASSES": "0 to 4 of lower case, upper case, digits, others; 0: no composition rule",
    "PASSWORD_MAX_AGE_DAYS": "0: passwords do not expire",
    "IDENTITY_PER_ACCOUNT_DAY": "decided identity checks of one account a day; these limits too, unless a policy says others",
    "IDENTITY_PER_NUMBER_DAY": "decided identity checks of one resident number a day, by all accounts together",
    "IDENTITY_STARTS_DAY": "face scans and the like that one account may start a day",
    "IDENTITY_MINORS_BY_FACE": "`true` lets people of 14 to 17 prove themselves by their face; never those under 14",
    "IDENTITY_PER_NETWORK_HOUR": "decided identity checks from one network an hour",
    "REGISTRATION_PER_NETWORK_HOUR": "with `open`: registrations that one network may try in an hour",
    "REGISTRATION_PER_HOUR": "with `open`: registrations that all together may try in an hour",
    "SMS_URL": "the short-message gateway; empty only in the sandbox: no codes are sent",
    "SMS_APP_ID": "our name at the gateway",
    "SMS_APP_KEY": "our key at the gateway",
    "SMS_SIGN": "signature in front of each message, until operators publish another (policies)",
    "SMS_PER_ADDRESS_HOUR": "messages that one network address may cause in an hour",
    "SMS_PER_DEVICE_HOUR": "messages that one browser may cause in an hour",
    "SMS_PER_PHONE_DAY": "messages to one phone in a day from one network; from all, thrice as many, then one in ten minutes",
    "SMS_PAUSE_SECONDS": "least time between two messages to one phone",
}
GROUPS = {
    "password": config.PasswordPolicy,
    "sms": config.SmsSettings,
    "identity": config.IdentitySettings,
    "registration": config.RegistrationSettings,
}


def rows() -> list[str]:
    """One row a setting, in the order of the code."""
    found: list[tuple[str, Any]] = []
    for field in dataclasses.fields(config.Settings):
        if field.name in GROUPS:
            prefix = f"{field.name}_"
            found += [(prefix + each.name, each) for each in dataclasses.fields(GROUPS[field.name])]
        else:
            found.append((field.name, field))
    names = [name.upper() for name, _ in found]
    if wrong := set(names) ^ set(SAID):
        raise SystemExit(f"docs/settings.py and idp/config.py do not agree on: {', '.join(sorted(wrong))}")
    return [
        f"| `IDP_{name}` | {default(field)} | {SAID[name]} |" for name, (_, field) in zip(names, found, strict=True)
    ]


def default(field: Any) -> str:
    """What holds when the variable is not set."""
    if field.default is dataclasses.MISSING:
        return "**required**"
    if isinstance(field.default, Secret) or field.default in ("", (), None):
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    table = "\n".join(["| variable | default | |", "|---|---|---|", *rows()])
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
