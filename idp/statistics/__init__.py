"""Days counted from the trail, once, for charts and tables."""
