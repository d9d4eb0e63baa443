"""Cameras that are no biometric devices: webcams and document cameras, as sources of pictures."""
