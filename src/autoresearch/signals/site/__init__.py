"""The crawled site: one look at every page, shared by all loops that need it."""
