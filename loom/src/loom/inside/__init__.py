"""What runs where cells run: in a kernel, in a reader's browser, in a downloaded notebook. It needs
Python alone.

`extend` opens a class again. A `session` runs a chapter's cells by its `plan`, in modules that
`loading` brings in; it puts back what cells have changed (`state`), and compares at the end what
ran with what is tangled (`comparison`). `notebook` is the kernel's side of a build; a page and a
downloaded notebook have their own.
"""
