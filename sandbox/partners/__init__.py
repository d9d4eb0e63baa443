"""CA certificates of device and chip makers."""
