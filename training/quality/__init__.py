"""Tools that look at the data and the labels rather than at the model. Pure: arrays in, findings out.

map.py              the learner's features on a plane (t-SNE)
label_errors.py     human labels that are likely wrong (confident learning)
near_duplicates.py  groups of items that are all but the same
changed_texts.py    short texts that differ in one sign
drift.py            whether the labeled items look like the pool
reliability.py      whether a confidence means what it says, with intervals
"""
