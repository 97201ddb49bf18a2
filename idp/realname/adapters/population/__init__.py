"""The population registry: channel (how the call travels), envelope (how it is wrapped), adapter (what it means)."""

from idp.realname.adapters.population.adapter import PopulationAdapter
from idp.realname.adapters.population.options import Options

__all__ = ["Options", "PopulationAdapter"]
