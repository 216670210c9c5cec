"""Draw frames with Altair, each figure with its text and its table; compute nothing."""

from alsreview.charts.alt import curve_alt, directions_alt, forest_alt
from alsreview.charts.curve import specification_curve
from alsreview.charts.directions import directions
from alsreview.charts.evidence_map import BASES, evidence_map, evidence_map_alt
from alsreview.charts.figure import Figure, with_pictures
from alsreview.charts.flow import flow
from alsreview.charts.forest import forest, forest_forms
from alsreview.charts.history import MOST, history, history_alt, latest
from alsreview.charts.lights import NOT_ASSESSED, lights
from alsreview.charts.operating import operating, operating_alt
from alsreview.charts.theme import NARROW

__all__ = [
    "BASES",
    "MOST",
    "NARROW",
    "NOT_ASSESSED",
    "Figure",
    "curve_alt",
    "directions",
    "directions_alt",
    "evidence_map",
    "evidence_map_alt",
    "flow",
    "forest",
    "forest_alt",
    "forest_forms",
    "history",
    "history_alt",
    "latest",
    "operating",
    "operating_alt",
    "lights",
    "specification_curve",
    "with_pictures",
]
