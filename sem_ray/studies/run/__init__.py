"""A sweep: which trials it starts, where they run, and how they end."""
