"""A device behind a driver: what NumPy's functions are on it."""
