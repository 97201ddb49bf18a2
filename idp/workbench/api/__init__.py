"""The workbench for programs: what a department's developers do there, by a token of one of them."""
