"""Says what changed since a commit or a version: the evidence, the results, and the statements overturned."""

from alsreview.release.diff.compare import Diff, diff
from alsreview.release.diff.forms import FORMATS

__all__ = ["FORMATS", "Diff", "diff"]
