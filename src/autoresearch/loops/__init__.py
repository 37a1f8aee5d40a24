"""Monitoring loops, one each: signals in, a Measurement out. They never touch a source file."""
