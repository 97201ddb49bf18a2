"""Relying sites: what they may register, who registers it, and how the rest of the protocol finds them."""
