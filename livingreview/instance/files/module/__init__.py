"""What the chapters import: the review, and the tables and figures of the engine.  Add your own below."""

from livingreview.exhibits import *  # noqa: F403
from livingreview.reviews import Review

review = Review()  # of this folder; read and checked when first asked
