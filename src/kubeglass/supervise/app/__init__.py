"""The user's application as a process: its environment, the check before start-up, its server."""
