"""What workers and the scheduler do beside their tasks: they prove that they work, and keep their host tidy."""
