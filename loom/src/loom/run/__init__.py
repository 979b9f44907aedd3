"""Chapters run, each against the package as it stood before it."""
