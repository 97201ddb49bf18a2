"""What run.py does: prepare the machine, start the demo, run the checks. Standard library only."""
