"""Commands about a whole instance: its parts, its people, its backups."""
