"""Copies of what the manager itself knows (users, schedules, settings, history), for a new start without the old disk."""
