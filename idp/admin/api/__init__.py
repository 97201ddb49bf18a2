"""The console as an HTTP API: the same acts under the same permissions, for operators' own programs, by their tokens."""
