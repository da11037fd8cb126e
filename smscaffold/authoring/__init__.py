"""Everything for those who write templates: a package of their own, its tests, its releases."""
