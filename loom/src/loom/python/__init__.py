"""What Python means: statements and the names that they bind, look up and import."""
