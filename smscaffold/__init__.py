"""Scaffolding for Amazon SageMaker training and serving containers."""

__version__ = "0.9.0"
