"""The deck's five models against other engines: `python -m benchmarks.deck`."""
