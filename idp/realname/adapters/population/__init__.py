"""The population registry: channel (how the call travels), envelope (how it is wrapped), adapter (what it means)."""

from idp.realname.adapters.exchange.provincial import ProvincialGateway
from idp.realname.adapters.population.adapter import PopulationAdapter
from idp.realname.adapters.population.options import Options
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools

__all__ = ["ADAPTER", "Options", "PopulationAdapter"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    check = PopulationAdapter(options, ProvincialGateway(options, tools.http), source=name)
    return Source(name, "公安人口库", check=check, addresses=(options.endpoint,))


ADAPTER = Adapter(Options, _build)
