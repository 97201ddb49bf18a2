"""Electronic business licences: a QR code, confirmed in the licence application, exchanged for a signed answer.

No protocol is published: what is written here is our assumption about the provincial regulator's, and nothing outside this
folder knows it. Another protocol is another adapter behind the same port.
"""

from idp.realname.adapters.elicence.adapter import LicencePlatform
from idp.realname.adapters.elicence.options import Options
from idp.realname.adapters.elicence.troubles import diagnose
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools

__all__ = ["ADAPTER", "LicencePlatform", "Options"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    licence = LicencePlatform.of(options, tools.http, tools.store, source=name)
    return Source(name, "电子营业执照", licence=licence, addresses=(options.endpoint,))


ADAPTER = Adapter(Options, _build, diagnose)
