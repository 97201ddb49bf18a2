"""The project's own load benchmark: what one operation costs the service, its database and its store, in CPU and round trips."""
