"""The platform of electronic business licences, and the phone application that holds them."""

from sandbox.elicence import phone, platform  # importing them gives the part its pages
from sandbox.elicence.part import PART

__all__ = ["PART", "phone", "platform"]
