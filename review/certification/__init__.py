"""The statistics, the draw, the document and the check of a certificate. Pure: no Django, no database.

numpy and scipy everywhere; scikit-learn in ranking.py alone.
"""
