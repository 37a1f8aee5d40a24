"""`structured-data`: what a page tells machines about itself (`docs/loops/structured-data.md`)."""
