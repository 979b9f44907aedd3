"""Plots in plain Python, which take matplotlib's words for what the book needs of them."""
