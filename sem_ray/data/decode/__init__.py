"""Decode images, which strangers may have made, to pixels of one form."""
