"""The overnight loop: hypothesize, change one file, measure, keep or revert, and be honest in the morning.

`plan.py` reads what a night is; `night.py` is the loop; `trial.py` scores and decides a try; `workspace.py` holds the
clean checkouts that everything runs in; `notebook.py` remembers; `morning.py` measures the night as a whole; `agents/`
have the ideas. The user's own checkout is never touched: commits are made by git's plumbing on a branch of the night's.
"""
