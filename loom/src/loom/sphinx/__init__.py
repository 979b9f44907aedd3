"""The loom's part in a Sphinx build: chapters run in order, and their pages woven."""
