"""Users' pain in counts by segment and hour: is it more than chance explains, where, since when, and is it over?

========================== ===========================================================================================
`history.History`          what is remembered: sums that add up, about 1 KB a segment
`model.fit`                what to expect of each segment's next hours
`detect.judge`             a rate or count is up (`pain/rate-up`; `pain/funnel-drop`, asked of who did not go on)
`drift.drifts`             it creeps up over days (`pain/drift-up`)
`silence.silences`         an event stopped (`pain/silent`)
`values.values_up`         a percentile of durations rose (`pain/value-up`)
`causes.causes`            the few descriptions that explain all alarms
`recovery.recovery`        whether it is over
`series.alarms`            the first of them, on one plain list of numbers
========================== ===========================================================================================

A run: `fit` the histories, `judge` the hours since the last run, then `History.add` what is `detect.learnable` of the
hours that no late event changes any more. How and why: `docs/statistics/pain.md`.
"""
