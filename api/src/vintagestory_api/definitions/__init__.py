"""A game server as one file that people read, keep and carry: written, looked at, and applied."""
