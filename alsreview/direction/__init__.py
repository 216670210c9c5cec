"""Synthesis without meta-analysis: which way the trials point."""

from alsreview.direction.trials import count_directions, directions, unread

__all__ = ["count_directions", "directions", "unread"]
