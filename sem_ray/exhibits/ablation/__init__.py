"""Tables and figures of an ablation: tidy rows first, text and pixels second."""
