"""What the benchmarks found, as the chapters show it."""
