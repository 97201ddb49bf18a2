"""What every test of the console starts from."""

from tests.console.house import house, signed_in

__all__ = ["house", "signed_in"]
