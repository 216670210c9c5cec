"""The same command line as ``livingreview``."""

import sys

from livingreview.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
