"""A Django app that only tests install, in the processes they start: it makes a run stand still.

ASSAY_TEST_HALT names a step ("predicting") at which the first attempt of a run sleeps, so that a
test can kill it there. ASSAY_TEST_HOLD ("fitting@/a/path") keeps every run at the end of that step for as
long as the path is there, and counts in /a/path.done how often it was done. ASSAY_TEST_SLOW_BATCHES ("50:0.2") imports 50 rows at a time and rests after each batch.
ASSAY_TEST_FIT replaces the fit of every learner: "block" computes for minutes without ever letting Python in,
"raise" fails as no one foresaw, "memory" runs out of memory.
"""
