"""Synthesis without meta-analysis: which way the trials point."""

from alsreview.direction.trials import count_directions, directions, people_behind, unread

__all__ = ["count_directions", "directions", "people_behind", "unread"]
