"""HTTP: reading calls within limits, checking who calls, wrapping and signing answers."""
