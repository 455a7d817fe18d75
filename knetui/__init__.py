"""The terminal workbench of knet-tui: reads runs, never executes the user's code itself."""
