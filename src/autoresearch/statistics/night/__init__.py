"""A night of tries: keep or revert, by pairs of runs. `docs/statistics/night.md` says how and how well."""
