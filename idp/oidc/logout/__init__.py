"""The ways in which a session ends at sites: one specification a file."""
