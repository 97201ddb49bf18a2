"""The population registry: road (how the call travels), envelope (how it is wrapped), reading (what the answer means)."""

from idp.core.http import HttpClient
from idp.realname.adapters.exchange.access_keys import AccessKeyGateway, PaasGateway
from idp.realname.adapters.exchange.md5 import Md5Gateway
from idp.realname.adapters.exchange.national import NationalExchange, NationalServices
from idp.realname.adapters.exchange.provincial import ProvincialGateway
from idp.realname.adapters.exchange.road import Road
from idp.realname.adapters.population.adapter import PopulationCheck, PopulationPhoto, Registry
from idp.realname.adapters.population.datalist import JsonEnvelope
from idp.realname.adapters.population.options import Options
from idp.realname.adapters.population.soap import SoapEnvelope
from idp.realname.adapters.population.troubles import diagnose
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools
from idp.store.redis import Store

__all__ = ["ADAPTER", "Options", "PopulationCheck", "PopulationPhoto", "Registry", "road_of"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    road = road_of(options, tools.http, tools.store)
    envelope = SoapEnvelope(options) if options.envelope == "soap" else JsonEnvelope(options)
    check = PopulationCheck(Registry(road, envelope, options.operation, options.identity_address), name)
    photo = None
    if options.photo_operation:
        photo = PopulationPhoto(Registry(road, envelope, options.photo_operation, options.photo_address), name)
    return Source(name, "公安人口库", check=check, photo=photo, addresses=(options.endpoint,))


def road_of(options: Options, http: HttpClient, store: Store | None) -> Road:
    """The channel that the block names, with what its platform issued."""
    issued = options.contract
    match options.channel:
        case "national" | "national_services":
            keys = {options.identity_address: options.app_key}
            if options.photo_operation:
                keys[options.photo_address] = options.photo_app_key or options.app_key
            exchange = NationalExchange if options.channel == "national" else NationalServices
            return exchange(issued, http, keys, store)
        case "md5":
            return Md5Gateway(issued, http, options.renew_path, store)
        case "aksk":
            return AccessKeyGateway(issued, http)
        case "paas":
            return PaasGateway(issued, http)
        case _:
            return ProvincialGateway(issued, http, store, national_cryptography=options.national_cryptography)


ADAPTER = Adapter(Options, _build, diagnose)
