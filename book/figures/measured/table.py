"""Rows of words: a table on a page and in a notebook, text in a terminal."""

from __future__ import annotations


class Table:
    """A head, rows, and perhaps a line below; where there are no rows, what is said instead."""

    def __init__(
        self, head: list[str], rows: list[list[str]], below: str = "", empty: str = ""
    ) -> None:
        self.head, self.rows, self.below, self.empty = head, rows, below, empty

    def _repr_markdown_(self) -> str:
        if not self.rows:
            return self.empty
        ruler = [":--"] + ["--:"] * (len(self.head) - 1)
        lines = [f"| {' | '.join(row)} |" for row in (self.head, ruler, *self.rows)]
        return "\n".join([*lines, "", self.below]).rstrip() + "\n"

    def __repr__(self) -> str:
        if not self.rows:
            return self.empty
        return "\n".join(
            "  ".join(row).rstrip() for row in [self.head, *self.rows, [self.below]]
        ).rstrip()
