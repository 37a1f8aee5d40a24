"""`autoresearch/config.yml`: the envelope, its loading with places in errors, and its schema."""
