"""Commands about a project: items in and out, training, publishing."""
