"""Application-wide helpers without a domain of their own."""
