"""A whole instance in one file; files of the storage that nothing names."""
