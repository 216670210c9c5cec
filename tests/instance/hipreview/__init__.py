"""What the chapters import: the tables and figures of the engine.  Your own functions can stand here too."""

from livingreview.exhibits import *  # noqa: F403
