"""The child process that runs the user's expressions, and the messages spoken with it."""
