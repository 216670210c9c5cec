"""Estimates many meta-analyses at once on plain arrays; knows no names."""

from alsreview.kernel.checks import INTERVALS, METHODS
from alsreview.kernel.fits import Fits, pool_many, tau2_interval

__all__ = ["INTERVALS", "METHODS", "Fits", "pool_many", "tau2_interval"]
