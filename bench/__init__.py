"""Measurements of the product, in tables anybody can make again with `make bench`."""
