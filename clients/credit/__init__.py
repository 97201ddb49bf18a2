"""The credit site: a person's own credit record, shown after they agreed to be named."""
