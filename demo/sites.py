"""The four relying sites as the centre registers them: what each may ask for, why, and on which basis.

They are also registered for refresh tokens and for calls of their own (client credentials), which their pages do not
need: whoever tries the demo with another client can use their registrations.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from idp.audit.trail import SYSTEM
from idp.core import clock, ids
from idp.edge.services import Services
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration import client_changes, clients, initial_access_tokens


@dataclass(frozen=True)
class Site:
    """One site's registration, apart from its address."""

    name: str
    title: str
    title_en: str
    scope: str = "openid profile offline_access"
    release_basis: str = clients.STATUTORY_DUTY
    serves: str = "people"
    purposes: dict[str, str] = field(default_factory=dict)
    purposes_en: dict[str, str] = field(default_factory=dict)

    def metadata(self, url: str) -> dict[str, Any]:
        return {
            "client_name": self.title,
            "client_name#en": self.title_en,
            "client_uri": url,
            "initiate_login_uri": f"{url}/sign-in",
            "redirect_uris": [f"{url}/callback"],
            "post_logout_redirect_uris": [f"{url}/signed-out"],
            "backchannel_logout_uri": f"{url}/backchannel-logout",
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "ES256",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_type": "pairwise",
            "scope": self.scope,
            "serves": self.serves,
            "purposes": self.purposes,
            "purposes_en": self.purposes_en,
        }


_GREETING = "显示您的账号名称"
_GREETING_EN = "to show your account name"

SITES = (
    Site(
        "portal",
        "省政府门户网站",
        "Government portal",
        scope="openid profile phone offline_access",
        purposes={"profile": _GREETING, "phone": "通知您关注的办事进度"},
        purposes_en={"profile": _GREETING_EN, "phone": "to tell you about what you follow"},
    ),
    Site(
        "service_hall",
        "政务服务大厅",
        "Service hall",
        scope="openid profile realname phone email address offline_access",
        purposes={
            "profile": _GREETING,
            "realname": "受理您申请的事项，预填申请表",
            "phone": "通知您办理进度",
            "email": "发送电子回执",
            "address": "邮寄证照",
        },
        purposes_en={
            "profile": _GREETING_EN,
            "realname": "to accept your application and fill in its form",
            "phone": "to tell you how your application is going",
            "email": "to send you an electronic receipt",
            "address": "to send you certificates by post",
        },
    ),
    Site(
        "investment",
        "投资项目在线审批监管平台",
        "Investment projects",
        scope="openid profile legal offline_access",
        serves="both",
        purposes={"profile": _GREETING, "legal": "以单位名义申报和查询投资项目"},
        purposes_en={"profile": _GREETING_EN, "legal": "to file and follow investment projects for the organisation"},
    ),
    Site(
        "credit",
        "信用山东",
        "Credit Shandong",
        scope="openid profile realname offline_access",
        release_basis=clients.CONSENT,
        purposes={"profile": _GREETING, "realname": "查找并显示您本人的公共信用记录"},
        purposes_en={"profile": _GREETING_EN, "realname": "to find and show your own public credit record"},
    ),
)


def ensure(services: Services, site: Site, url: str, known_secret: str | None) -> dict[str, Any]:
    """Register the site, or move an earlier registration to this address; answers what the site has to know."""
    metadata = site.metadata(url)
    with services.database.transaction() as db:
        row = db.get(Client, site.name)
        if row is None:
            _, secret = clients.register(
                db,
                services.trail,
                metadata,
                keyring=services.keyring,
                release_basis=site.release_basis,
                actor=SYSTEM,
                client_id=site.name,
            )
        else:
            row.release_basis = site.release_basis
            client_changes.change(db, services.trail, row, metadata, keyring=services.keyring, actor=SYSTEM)
            secret = known_secret
            if secret is None or not _is_accepted(services, site.name, secret):
                secret = clients.add_secret(db, services.trail, site.name, keyring=services.keyring, actor=SYSTEM)
    return {
        "name": site.name,
        "url": url,
        "client_id": site.name,
        "client_secret": secret,
        "redirect_uris": metadata["redirect_uris"],
    }


def leave_to_register(services: Services, known: str | None) -> str:
    """An initial access token with which any number of sites may be registered; the one of an earlier run while it is good."""
    now = clock.now()
    with services.database.transaction() as db:
        if known is not None and initial_access_tokens.is_good(db, known, now):
            return known
        return initial_access_tokens.make(
            db, services.trail, label="demo", uses=None, expires_at=now + timedelta(days=3650), actor=SYSTEM
        ).token


def _is_accepted(services: Services, client_id: str, secret: str) -> bool:
    with services.database.view() as db:
        digests = db.scalars(select(ClientSecret.digest).where(ClientSecret.client_id == client_id)).all()
    return ids.digest(secret) in digests
