"""An organisation's standard, ``smscaffold.toml``: found, read, merged, and shown by ``smscaffold config``."""
