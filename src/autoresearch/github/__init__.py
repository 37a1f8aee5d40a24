"""GitHub: what started the run, what it may do there, and doing it. The only package that imports PyGithub."""
