"""The configured sources: each block of the configuration becomes one `Source`, by the adapter that it names.

Adapters of this tree stand in `BUILT_IN`; those of other packages are found by the entry point group `idp.sources`.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import entry_points
from typing import Any, Final

from idp.core.http import HttpClient
from idp.realname.blocks import Block
from idp.realname.ports import Capability, Check, Configured, OrganisationRegister, Source
from idp.realname.ports.troubles import Diagnose, unknown
from idp.realname.watch.preferences import ORDINARY, Preferring
from idp.store.redis import Store

GROUP: Final = "idp.sources"
BUILT_IN: Final = {
    "alipay": "idp.realname.adapters.alipay:ADAPTER",
    "population": "idp.realname.adapters.population:ADAPTER",
    "business": "idp.realname.adapters.business:SAMR",
    "legal_entity_library": "idp.realname.adapters.business:LIBRARY",
    "elicence": "idp.realname.adapters.elicence:ADAPTER",
    "civil_affairs": "idp.realname.adapters.business:CIVIL_AFFAIRS",
    "staffing_office": "idp.realname.adapters.business:STAFFING_OFFICE",
    "upstream_oidc": "idp.realname.adapters.upstream_oidc:ADAPTER",
    "wechat": "idp.realname.adapters.wechat:ADAPTER",
}


@dataclass(frozen=True, slots=True)
class Tools:
    """What an adapter may use: the door to other machines, the short-lived store, and our own address."""

    http: HttpClient
    store: Store
    issuer: str


@dataclass(frozen=True, slots=True)
class Adapter:
    """How a source is made: the dataclass of its options, and what builds it from them (one instance for all threads).

    `diagnose` tells which option is to blame for what went wrong, where that can be told.
    """

    options: type
    build: Callable[[str, Any, Tools], Source]
    diagnose: Diagnose = unknown


@dataclass(frozen=True, slots=True)
class Sources:
    """All that are configured, in the order of their blocks; what is offered of them, and in which order, operators decide."""

    all: tuple[Source, ...] = ()
    preferring: Preferring = field(default=lambda: ORDINARY, repr=False, compare=False)
    _by_name: dict[str, Source] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {source.name: source for source in self.all})

    def __iter__(self) -> Iterator[Source]:
        return iter(self.all)

    def find(self, name: str) -> Source | None:
        """Whether on or off: what was begun there goes on."""
        return self._by_name.get(name)

    @property
    def offered(self) -> tuple[Source, ...]:
        """Those that are on, the preferred first: what is begun, is begun with one of them."""
        now = self.preferring()
        return tuple(sorted((each for each in self.all if now.is_on(each.name)), key=lambda each: now.place(each.name)))

    def is_offered(self, name: str) -> bool:
        return name in self._by_name and self.preferring().is_on(name)

    def cost_of(self, name: str, capability: Capability) -> int:
        """What one question costs now, in fen."""
        return self.preferring().costs.get(name, capability.cost)

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(source.check for source in self.offered if source.check is not None)

    @property
    def registers(self) -> tuple[OrganisationRegister, ...]:
        return tuple(source.register for source in self.offered if source.register is not None)


def configured(blocks: tuple[Block, ...], tools: Tools) -> Sources:
    """Build every source; ConfigurationError stops the boot and names block and member."""
    return Sources(tuple(_built(block, tools) for block in blocks))


def _built(block: Block, tools: Tools) -> Source:
    adapter = _adapter(block)
    options: Any = block.read(adapter.options)
    source = adapter.build(block.name, options, tools)
    if source.name != block.name:
        raise block.refuse("adapter", f"{block.adapter} calls itself {source.name}")
    names = [each.name for each in fields(options) if isinstance(getattr(options, each.name), str)]
    members = {getattr(options, name): name for name in names if getattr(options, name) in source.addresses}
    return replace(source, configured=Configured(block.adapter, members, adapter.diagnose))


def _adapter(block: Block) -> Adapter:
    if (place := BUILT_IN.get(block.adapter)) is not None:
        module, _, name = place.partition(":")
        found = getattr(importlib.import_module(module), name)
    else:
        named = tuple(entry_points(group=GROUP, name=block.adapter))
        if not named:
            known = sorted({*BUILT_IN, *entry_points(group=GROUP).names})
            raise block.refuse("adapter", f"there is no adapter {block.adapter}; there are {', '.join(known)}")
        if len(named) > 1:
            packages = ", ".join(sorted(each.value for each in named))
            raise block.refuse("adapter", f"several packages offer an adapter {block.adapter}: {packages}")
        try:
            found = named[0].load()
        except Exception as broken:  # whatever a module of another package raises, the block is named
            raise block.refuse("adapter", f"cannot be loaded: {type(broken).__name__}: {broken}") from broken
    if not isinstance(found, Adapter):
        raise block.refuse("adapter", "the entry point is no Adapter")
    return found
