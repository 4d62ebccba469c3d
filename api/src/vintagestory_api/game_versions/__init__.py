"""Which versions of the game exist."""
