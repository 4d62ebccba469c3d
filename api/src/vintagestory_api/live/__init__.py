"""What changes, told at once to whoever has a page open."""
