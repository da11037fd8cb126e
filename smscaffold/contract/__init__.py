"""The container contract as checks. What clauses of others need is here.

Their package names a module of clauses under the entry point group ``smscaffold.clauses``.
"""

from smscaffold.contract.clause import Clause, Each, Mend, expect, skip, unproven
from smscaffold.contract.injection import fixture

__all__ = ["Clause", "Each", "Mend", "expect", "fixture", "skip", "unproven"]
