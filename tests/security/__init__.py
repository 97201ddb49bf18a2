"""What an attacker tries, and what it gets."""
