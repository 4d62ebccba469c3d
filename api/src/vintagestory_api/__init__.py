"""Vintage Story Server Manager: the API server, its periodic jobs and the vsmanager command."""

__version__ = "0.1.0"
