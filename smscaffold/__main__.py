"""``python -m smscaffold``: the command line, where the script is not on PATH."""

import sys

from smscaffold.cli import main

if __name__ == "__main__":
    sys.exit(main())
