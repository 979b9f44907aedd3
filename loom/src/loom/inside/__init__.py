"""What runs where cells run: in a kernel, in a reader's browser, in a downloaded notebook. It needs Python alone."""
