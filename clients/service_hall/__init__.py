"""The government service hall: a catalogue, and applications that need a verified identity."""
