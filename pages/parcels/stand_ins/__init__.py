"""What cells import and a reader's Python has not: as much of it as they use,
under the same names.
"""
