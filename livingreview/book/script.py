"""Puts the scripts beside the pages: the one that draws charts, made from vl-convert, and our small ones.

The charts' colours on a dark page come with them, from the one place that names colours.
"""

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

from sphinx.application import Sphinx

NAME, STYLE = "lr-charts.js", "lr-charts.css"
# For citations, versions, tables, freshness and the what-if forest: shipped as they are.
CITE, VERSIONS, TABLES, FRESHNESS, WHATIF = SMALL = (
    "lr-cite.js",
    "lr-versions.js",
    "lr-tables.js",
    "lr-freshness.js",
    "lr-whatif.js",
)


def chart_script(store: Path) -> str:
    """Bundle Vega, Vega-Lite, vega-embed and our drawing code as one classic script.

    Parameters
    ----------
    store : folder that keeps the bundle, which takes seconds to make
    """
    ours = Path(__file__).with_name("charts.js").read_text(encoding="utf-8")
    key = hashlib.sha256((version("vl-convert-python") + ours).encode()).hexdigest()[:16]
    kept = store / f"{key}.js"
    if not kept.is_file():
        import vl_convert

        store.mkdir(parents=True, exist_ok=True)
        for old in store.glob("*.js"):
            old.unlink()
        # The bundle is a module; as a classic script (file:// refuses modules) its names clash.
        kept.write_text(f"(()=>{{{vl_convert.javascript_bundle(ours)}}})();", encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _chart_style(store: Path, digest: str) -> str:
    """Return the charts' colours, kept under the digest of the code: the charts take a while to import."""
    kept = store / f"{digest}.css"
    if not kept.is_file():
        from livingreview.charts.theme import chart_style

        for old in store.glob("*.css"):
            old.unlink()
        kept.write_text(chart_style(), encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def write_scripts(app: Sphinx) -> None:
    """Put the scripts beside the pages."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static"
    target.mkdir(parents=True, exist_ok=True)
    charts = chart_script(Path(app.outdir).parent / ".lr-charts")
    (target / NAME).write_text(charts, encoding="utf-8")
    style = _chart_style(Path(app.outdir).parent / ".lr-charts", app.config.lr_build_digest[:16])
    (target / STYLE).write_text(style, encoding="utf-8")
    for name in SMALL:
        shutil.copyfile(Path(__file__).with_name(name.removeprefix("lr-")), target / name)
