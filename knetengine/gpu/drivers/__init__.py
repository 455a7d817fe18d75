"""The calls that a device must know, and the drivers that know them."""
