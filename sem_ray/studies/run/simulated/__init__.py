"""Trials in virtual time, on curves that are recorded or made up."""
