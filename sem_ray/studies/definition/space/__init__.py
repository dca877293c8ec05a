"""What one searched setting may be, alone and together with others."""
