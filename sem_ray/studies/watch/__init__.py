"""What people see of a study: how it stands, what runs, and how long it takes."""
