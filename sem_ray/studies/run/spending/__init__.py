"""What a sweep may spend, and what it has spent."""
