"""Unified identity authentication service: one account, one sign-in, every government site."""
