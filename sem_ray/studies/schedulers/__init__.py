"""Who stops a trial at a rung: one scheduler a file, each a pure function of what was reported."""
