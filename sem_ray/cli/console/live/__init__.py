"""A running study on a screen."""
