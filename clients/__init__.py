"""Four relying sites that show how a government site joins the identity centre with nothing but OpenID Connect."""
