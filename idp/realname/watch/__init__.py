"""How operators watch over the sources: what each one does today, what is preferred, and a question to try its settings."""
