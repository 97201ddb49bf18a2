"""The platforms on which authorities share their data: how a call is let through, whatever it carries."""
