"""Networks that learn from labeled and unlabeled rows at once: one base, and a file for each method."""
