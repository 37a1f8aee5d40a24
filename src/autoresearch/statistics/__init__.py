"""Pure numerics: plain numbers in, plain numbers out; each function names its source."""
