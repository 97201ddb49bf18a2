"""JSON Web Tokens and their keys: what comes from outside is read by one door, what leaves is written by another."""
