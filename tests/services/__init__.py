"""Real services for tests: PostgreSQL, Redis and Chromium, each started at most once in a run and only when asked for."""
