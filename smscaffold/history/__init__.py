"""The git history of the built-in templates: released into bundles, and served from them to git."""
