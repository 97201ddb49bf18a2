"""The operators' face: accounts and sites, reviews, sources, policies and keys, staff, the trail; nobody holds two roles."""
