"""What a human has to decide: claimed from a queue, decided with a reason, and timed."""
