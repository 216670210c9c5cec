"""Says what moved since a commit or a version: the evidence, the analyses, and what sentences mean."""

from alsreview.release.diff.compare import Diff, diff
from alsreview.release.diff.forms import FORMATS

__all__ = ["FORMATS", "Diff", "diff"]
