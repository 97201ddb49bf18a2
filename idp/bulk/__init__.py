"""Accounts brought in from other systems, and taken out for those who may: row by row, resumable."""
