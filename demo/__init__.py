"""Fills an empty installation with the four relying sites and synthetic people, for the demo and for tests."""
