"""Mods of Vintage Story: the mod database and the catalogue made from it."""
