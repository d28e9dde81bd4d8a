"""Every whitelisted function of the app, and nothing else."""
