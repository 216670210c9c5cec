"""Asks whether small trials differ from large ones: funnel asymmetry."""

from alsreview.smallstudy.asymmetry import Asymmetry, egger, one_precision

__all__ = ["Asymmetry", "egger", "one_precision"]
