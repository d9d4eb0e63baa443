"""Master data: the registered machines."""
