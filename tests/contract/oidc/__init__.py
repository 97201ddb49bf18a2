"""The protocol's durable decisions and the short-lived store, on every backend, with races."""
