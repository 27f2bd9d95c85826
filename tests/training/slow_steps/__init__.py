"""A Django app that only tests install, in the processes they start: it makes a run stand still.

ASSAY_TEST_HALT names a step ("predicting") at which the first attempt of a run sleeps, so that a
test can kill it there. ASSAY_TEST_FIT replaces the fit of every learner: "block" computes for minutes
without ever letting Python in, "raise" fails as no one foresaw, "memory" runs out of memory.
"""
