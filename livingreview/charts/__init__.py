"""Draws frames with Altair, each figure with its text and its table; computes nothing.

Each chart has two forms: 680 px wide for a page, and with ``narrow`` 276 px wide for a phone, where names
stand over what is drawn and not beside it.  ``title`` is a chart's heading.
"""

from livingreview.charts.estimates import (
    bubble,
    curve_alt,
    funnel,
    history,
    history_alt,
    operating,
    operating_alt,
    reach,
    specification_curve,
)
from livingreview.charts.figure import Figure, with_pictures
from livingreview.charts.flow import flow
from livingreview.charts.forest import forest, forest_alt
from livingreview.charts.interval import interval_plot
from livingreview.charts.signs import (
    BASES,
    DIRECTIONS,
    NOT_ASSESSED,
    STATED,
    directions,
    directions_alt,
    evidence_map,
    evidence_map_alt,
    lights,
    reading,
)
