"""What happened, counted by day: rolled up from the sealed trail, read by charts, compared with the weeks before."""
