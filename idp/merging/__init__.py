"""Two accounts of one person made one, and the undoing of it: above every room whose rows go over."""
