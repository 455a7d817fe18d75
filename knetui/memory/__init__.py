"""The memory of a run: what is seen of its pools, and how it is drawn."""
