"""The house rules as tests: which way imports point, one door for each danger, the shape of a module."""
