"""Where numbers come from: every read of the outside world."""
