"""The certification profiles of the OpenID Foundation, module by module, against the running demo."""
