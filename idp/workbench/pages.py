"""The modules that hold the workbench's routes."""

ALL = ("guide", "sites", "registering", "editing", "secrets", "going_live", "written")
