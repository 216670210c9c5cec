"""Draw frames with Altair, each figure with its text and its table; compute nothing."""

from alsreview.charts.alt import curve_alt, directions_alt, forest_alt
from alsreview.charts.curve import specification_curve
from alsreview.charts.directions import directions
from alsreview.charts.figure import Figure, with_pictures
from alsreview.charts.flow import flow
from alsreview.charts.forest import forest, forest_forms
from alsreview.charts.harvest import harvest, harvest_alt
from alsreview.charts.operating import operating, operating_alt

__all__ = [
    "Figure",
    "curve_alt",
    "directions",
    "directions_alt",
    "flow",
    "forest",
    "forest_alt",
    "forest_forms",
    "harvest",
    "harvest_alt",
    "operating",
    "operating_alt",
    "specification_curve",
    "with_pictures",
]
