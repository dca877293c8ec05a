"""Studies as a person reads them."""
