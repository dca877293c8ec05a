"""Who proposes a trial's values: one sampler a file, or a family of small ones."""
