"""Simulated people for `assay simulate`: they know the truth, and reach the service by its public HTTP API alone."""
