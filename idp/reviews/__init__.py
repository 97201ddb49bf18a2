"""What only a human can decide: organisations, changed documents and guardianships, filed with a paper and worked as a queue."""
