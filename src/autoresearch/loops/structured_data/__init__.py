"""`structured-data`: what a page tells machines about itself (`docs/loops/structured-data.md`).

The loop is in `loop`, and is not imported here: `page` runs inside of the crawl's parser, which needs no loop.
"""
