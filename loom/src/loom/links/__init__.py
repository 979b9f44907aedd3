"""Who uses whom: the web of cells, and how pages and lines address it."""
