"""Learning curves: what runs reported, how it is looked at, and what it says."""
