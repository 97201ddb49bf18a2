"""Durable delivery to the outside: posted with the act, leased, retried, never lost."""
