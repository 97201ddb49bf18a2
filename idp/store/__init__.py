"""Short-lived state over Redis, or the same code on an embedded server within one process; never the only place of a decision."""
