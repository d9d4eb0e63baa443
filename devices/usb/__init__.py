"""USB as a hint: what is plugged in and out. It never finds, selects or trusts a device; that is the device services' part."""
