"""Pictures and exhibits made from what was recorded."""
