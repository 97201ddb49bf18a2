"""The built-in check: a site in test mode, played through sign-in, refusal, rotation, wrong answers and logout."""
