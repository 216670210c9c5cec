"""Measures how the protocol's own analysis behaves where the truth is known."""

from alsreview.simulation.characteristics import SHARES, SIZES, operating_characteristics, simulate
from alsreview.simulation.runners import in_turn, on_cores, on_dask

__all__ = ["SHARES", "SIZES", "in_turn", "on_cores", "on_dask", "operating_characteristics", "simulate"]
