"""A stand-in of the game server program. Standard library only: it is packed into archives and runs without this project."""
