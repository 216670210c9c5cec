"""What the chapters import: the tables and figures of the engine.  Functions of your own can stand here too."""

from livingreview.exhibits import *  # noqa: F403
