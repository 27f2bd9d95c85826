"""Tools that look at the data and the labels, and at what a model makes of them. Pure: arrays in, findings out.

map.py              the learner's features on a plane (t-SNE)
label_errors.py     human labels that are likely wrong (confident learning)
near_duplicates.py  groups of items that are all but the same
nearest.py          the labeled items that are most like one
weighty_words.py    the words that speak most for what a model says of a text
changed_texts.py    short texts that differ in one sign
drift.py            whether the labeled items look like the pool
reliability.py      whether a confidence means what it says, with intervals
"""
