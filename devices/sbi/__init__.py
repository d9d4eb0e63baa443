"""The protocol of biometric devices (MDS/SBI 0.9.5): messages, error codes, trust, and the checks on a capture."""
