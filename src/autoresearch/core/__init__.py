"""The vocabulary of the house: pure, without input or output."""
