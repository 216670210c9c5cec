"""What every review is held to; tests of your own can stand below."""

from livingreview.instance.testing import ReviewTest  # noqa: F401
