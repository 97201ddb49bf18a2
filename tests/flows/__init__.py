"""Journeys by a real relying party over HTTP: what a site and its visitors see of the service."""
