"""The developers' workbench, page by page, and the room beneath it."""
