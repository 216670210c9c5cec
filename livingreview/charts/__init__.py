"""Draw frames with Altair, each figure with its text and its table; compute nothing."""

from livingreview.charts.alt import curve_alt, directions_alt, forest_alt
from livingreview.charts.curve import specification_curve
from livingreview.charts.directions import directions
from livingreview.charts.evidence_map import BASES, evidence_map, evidence_map_alt
from livingreview.charts.figure import Figure, with_pictures
from livingreview.charts.flow import flow
from livingreview.charts.forest import forest, forest_forms
from livingreview.charts.history import MOST, history, history_alt, latest
from livingreview.charts.lights import NOT_ASSESSED, lights
from livingreview.charts.operating import operating, operating_alt
from livingreview.charts.theme import NARROW

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
