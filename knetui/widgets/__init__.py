"""One pane of the workbench a file."""
