"""Honest loops over a product's repository and site."""

__version__ = "0.1.0"
