"""The ground floor: time, randomness, ciphers, errors, outbound HTTP and logging; imports nothing else of the service."""
