"""Weak supervision: labeling functions as data, and a label model that combines what they say."""
