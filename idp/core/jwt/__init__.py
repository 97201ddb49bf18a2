"""JSON Web Tokens from outside, and the keys of who signed them: one door, for the protocol and for sources of proof."""
