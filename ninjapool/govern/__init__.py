"""A build under a governor: `governor` and `simulate` decide, the other modules touch processes."""
