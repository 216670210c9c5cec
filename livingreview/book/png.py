"""Turns drawn charts into pictures of points, for places that take no SVG."""

import tempfile
from pathlib import Path

import typst

POINTS_PER_INCH = 192  # two points for each px of the chart
_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("{}.svg")\n'


def draw_pngs(svgs: list[str], fonts: Path) -> list[bytes]:
    """Draw SVGs as PNG; equal pictures give equal bytes on every machine.

    Parameters
    ----------
    svgs : the pictures
    fonts : folder of the fonts to draw with

    Notes
    -----
    Typst draws with these fonts alone.  vl-convert would take the machine's own font of the same name
    first, and another one for the signs which that lacks.
    """
    if not svgs:
        return []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, svg in enumerate(svgs):
            (folder / f"{number}.svg").write_text(svg, encoding="utf-8")
        source = folder / "pages.typ"
        pages = [_PAGE.format(number) for number in range(len(svgs))]
        source.write_text("#pagebreak()\n".join(pages), encoding="utf-8")
        drawn = typst.compile(
            source,
            root=folder,
            font_paths=[fonts],
            ignore_system_fonts=True,
            format="png",
            ppi=POINTS_PER_INCH,
        )
    return [drawn] if isinstance(drawn, bytes) else drawn
