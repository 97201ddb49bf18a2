"""The audit trail: entries, the sealed chain, its verification, search and export."""
