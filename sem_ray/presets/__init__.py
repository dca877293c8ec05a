"""Complete settings by name; they change at another pace than the code that reads them."""
