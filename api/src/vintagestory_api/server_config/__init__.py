"""The configuration of game servers: read, changed, kept in versions, and brought into force."""
