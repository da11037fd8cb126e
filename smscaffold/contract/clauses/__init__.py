"""The clauses that have a check, one module for each profile of the contract (13.5)."""
