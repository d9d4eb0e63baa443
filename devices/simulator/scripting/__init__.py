"""Scripts: what happens to a simulator, and when, written in YAML."""
