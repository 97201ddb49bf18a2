"""Relying sites as departments bring them: drafts, versions, requests to go live, rehearsals, and what went wrong."""
