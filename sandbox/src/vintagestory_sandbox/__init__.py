"""Stand-ins for the services of Vintage Story, for tests and the demo."""
