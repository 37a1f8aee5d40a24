"""Analytics events: questions that are written once and answered where the events are; only counts come back.

`source.open_events` opens what the config names; `model` has the questions and the answers.
"""
