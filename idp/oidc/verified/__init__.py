"""`verified_claims`: what a site asks to be vouched for, and what can be (OpenID Connect for Identity Assurance 1.0)."""
