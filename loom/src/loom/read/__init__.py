"""From files to plain data: the contents, the chapters' Markdown, the cells."""
