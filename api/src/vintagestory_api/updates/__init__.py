"""Updates of game version and mods that go back, with the world, when they turn out badly."""
