"""Draw frames with Altair, each figure with its text and its table; compute nothing."""

from alsreview.charts.alt import directions_alt, forest_alt
from alsreview.charts.directions import directions
from alsreview.charts.figure import Figure, with_pictures
from alsreview.charts.flow import flow
from alsreview.charts.forest import forest
from alsreview.charts.harvest import harvest, harvest_alt

__all__ = [
    "Figure",
    "directions",
    "directions_alt",
    "flow",
    "forest",
    "forest_alt",
    "harvest",
    "harvest_alt",
    "with_pictures",
]
