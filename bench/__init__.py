"""The benchmark: this engine, its compiled forms, and their peers, side by side.

`make bench` runs it; `python -m bench --help` in `.venv` says what can be chosen.
"""
