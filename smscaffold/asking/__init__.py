"""A template's questions, asked in a terminal: what to ask next, and two ways of asking it."""
