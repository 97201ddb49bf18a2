"""The authorization request: read once, checked by one list of rules, decided in one place, answered in one way."""
