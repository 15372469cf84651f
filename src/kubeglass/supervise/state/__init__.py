"""What a run leaves on disk: the state folder and its lock, the run file, logs, holds."""
