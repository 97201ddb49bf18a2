"""The relying sites against a small OpenID provider of their own, over real HTTP."""
