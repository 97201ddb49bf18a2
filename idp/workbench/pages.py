"""The modules that hold the workbench's routes."""

ALL = ("guide", "sites", "registering", "editing", "secrets", "going_live", "written",
       "test_people", "checking", "settings", "numbers", "errors", "deliveries", "tokens")  # fmt: skip
