"""Runs, seen from outside: what they wrote, which of them are listed, what is asked of them."""
