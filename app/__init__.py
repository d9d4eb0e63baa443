"""Sealdesk, the operator's client of a MOSIP registration centre."""

__version__ = "0.1.0"
