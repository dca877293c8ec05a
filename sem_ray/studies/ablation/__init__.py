"""Ablations: which configurations a design runs, and what each change does to a measurement."""
