"""Backups of game servers: made, verified, kept as long as their rules say, put back, and copied elsewhere."""
