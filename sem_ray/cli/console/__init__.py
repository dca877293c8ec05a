"""What a person sees: progress, tables, one-line errors. Nothing here computes."""
