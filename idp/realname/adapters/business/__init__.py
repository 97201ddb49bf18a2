"""Registers of organisations: market regulation, civil affairs, the staffing office; each answers for its own codes."""

from idp.realname.adapters.business import kinds, troubles
from idp.realname.adapters.business.options import (
    CivilAffairsOptions,
    LibraryOptions,
    SamrOptions,
    StaffingOfficeOptions,
)
from idp.realname.adapters.business.samr import SamrRegister
from idp.realname.adapters.business.shapes import LibraryShape, UnitShape
from idp.realname.adapters.business.units import UnitRegister
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools

__all__ = [
    "CIVIL_AFFAIRS",
    "LIBRARY",
    "SAMR",
    "STAFFING_OFFICE",
    "CivilAffairsOptions",
    "LibraryOptions",
    "SamrOptions",
    "SamrRegister",
    "StaffingOfficeOptions",
    "UnitRegister",
]


def _samr(name: str, options: SamrOptions, tools: Tools) -> Source:
    register = SamrRegister(options, options.open_road(tools.http, tools.store), source=name)
    return Source(name, "企业登记信息", register=register, addresses=(options.endpoint,))


def _civil_affairs(name: str, options: CivilAffairsOptions, tools: Tools) -> Source:
    prefixes = kinds.CIVIL_AFFAIRS.keys() | (kinds.COMMITTEES.keys() if options.has_committees else set())
    shape = UnitShape(options.query, options.password_headers)
    register = UnitRegister(shape, options.open_road(tools.http, tools.store), frozenset(prefixes), name)
    return Source(name, "社会组织登记信息", register=register, addresses=(options.endpoint,))


def _staffing_office(name: str, options: StaffingOfficeOptions, tools: Tools) -> Source:
    road, shape = options.open_road(tools.http, tools.store), UnitShape(options.query, options.password_headers)
    register = UnitRegister(shape, road, frozenset(kinds.STAFFING_OFFICE), name)
    return Source(name, "机关和事业单位登记信息", register=register, addresses=(options.endpoint,))


def _library(name: str, options: LibraryOptions, tools: Tools) -> Source:
    prefixes = kinds.MARKET_REGULATION.keys() | kinds.CIVIL_AFFAIRS.keys() | kinds.STAFFING_OFFICE.keys()
    road = options.open_road(tools.http, tools.store)
    register = UnitRegister(LibraryShape(options.service), road, frozenset(prefixes), name)
    return Source(name, "法人库", register=register, addresses=(options.endpoint,))


SAMR = Adapter(SamrOptions, _samr, troubles.of_samr)
CIVIL_AFFAIRS = Adapter(CivilAffairsOptions, _civil_affairs, troubles.of_units)
STAFFING_OFFICE = Adapter(StaffingOfficeOptions, _staffing_office, troubles.of_units)
LIBRARY = Adapter(LibraryOptions, _library, troubles.of_library)
