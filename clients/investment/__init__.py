"""The investment-project platform: a public project table and the projects of the signed-in person."""
