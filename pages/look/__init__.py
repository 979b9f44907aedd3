"""The look of the book: its pages' layout, pictures, formulas, numbers and files.

One part a module, each with its own `setup`; the design itself is in `static/css`.
"""

from __future__ import annotations

from sphinx.application import Sphinx

__version__ = "0.1.0"


def setup(app: Sphinx) -> dict[str, object]:
    from look import assets, formulas, furniture, pictures, roles

    app.setup_extension("loom.sphinx.fold")  # others may have asked for it already
    for part in (assets, formulas, furniture, roles):
        part.setup(app)
    app.add_post_transform(pictures.PutPicturesInThePage)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
