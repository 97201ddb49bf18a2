"""The OpenID provider: what a relying site may ask, who answers, and what it gets; one idea a file."""
