"""The operators' face: accounts and clients, policies and keys, the audit trail; three roles that nobody holds two of."""
