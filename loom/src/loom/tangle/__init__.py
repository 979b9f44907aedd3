"""From cells to modules: put together, checked, laid out, written."""
