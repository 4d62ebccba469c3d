"""The database of the manager and atomic file writes."""
