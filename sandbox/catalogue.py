"""The parts in the order in which they are shown. A new stand-in is one module with a `PART`, and one line here."""

from typing import Final

from sandbox import alipay, centre, elicence, population, sms, wechat
from sandbox.business import library, samr, units
from sandbox.parts import Part

PARTS: Final[tuple[Part, ...]] = (
    population.PART,
    samr.PART,
    units.CIVIL_PART,
    units.STAFFING_PART,
    library.PART,
    alipay.PART,
    wechat.PART,
    centre.PART,
    elicence.PART,
    sms.PART,
)
