"""What stands behind us: where database, broker and storage are, the embedded ones, and one that hangs."""
