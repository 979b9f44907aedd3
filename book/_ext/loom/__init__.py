"""The loom: from chapters to the package they tell, and to the pages that tell it."""
