"""What operators may change while the service runs: policies in versions, each shown as a difference and undone by one more."""
