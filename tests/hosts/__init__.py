"""Assay on several hosts, as it is run in earnest, on one machine: `make hosts`. docs/attacks.md."""
