"""Explorables: figures that a reader can take in hand, a file for each kind.

The script of a kind has the same name, `pages/explore/src/kinds`.  What several kinds share stands
beside them: `explorable` is what a cell puts out; `records` and `graph` are of graphs, `sheet` of
plots.
"""
