"""Generative models of images that are classifiers too, and how far what they draw is from real."""
