"""The key service: holder of every private key of the MOSIP side. Keys are used in here and never leave."""
