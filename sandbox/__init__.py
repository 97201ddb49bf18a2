"""Stand-ins of the authorities: same wire protocols, signatures verified, synthetic people only."""
