"""Durable state: the engine, column types, prepared statements and the unit of work."""
