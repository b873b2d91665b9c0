"""Numbers as texts show them, read and written by example, and amounts of money in their currencies' units."""
