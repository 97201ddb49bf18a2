"""Organisations, who represents them, and whom they let act for them."""
