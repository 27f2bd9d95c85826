"""Several learners on the same labels and the same seeds: what is measured, and how sure that is. Pure.

files.py      a labeled file or folder -> a dataset
dataset.py    rows, labels and which rows measure; written to a folder that trials read
trial.py      one learner, one seed: fit, predict, score
child.py      the process of a trial
runner.py     starts that process, watches it, stops it
statistics.py means, intervals and paired differences
table.py      trials -> the table that people read
benchmark.py  a comparison on files, without a project
"""
