"""Synthetic fingers, irises and faces. Every picture is computed from a seed and marked as synthetic; none is of a person."""
