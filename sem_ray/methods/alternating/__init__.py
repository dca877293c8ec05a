"""What `sem` and `rem` share: a noise phase and a surrogate phase in turn."""
