"""What a site may do in a person's name at the APIs of others, in words: which API, and its word for what."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from idp.edge.services import services
from idp.oidc import consents


def labels(words: Iterable[str]) -> dict[str, str]:
    """The label of each scope word that belongs to a resource server; a word whose server is gone says nothing."""
    foreign = sorted(word for word in words if consents.is_of_api(word))
    if not foreign:
        return {}
    owners = services().provider.resource_servers.known().owner_of
    return {
        word: _("以您的名义使用“%(api)s”（%(scope)s）", api=owners[word].name, scope=word)
        for word in foreign
        if word in owners
    }
