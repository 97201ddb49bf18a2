"""Authorizations and their tokens: issued, refreshed, asked about, given back."""
