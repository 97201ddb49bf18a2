"""The staff of the console: who they are, how they sign in, what they may do and where, and whose second word an act needs."""
