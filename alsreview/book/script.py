"""Makes the one script that draws the charts of every page, from the wheel of vl-convert."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import vl_convert
from sphinx.application import Sphinx

NAME = "als-charts.js"


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
        store.mkdir(parents=True, exist_ok=True)
        for old in store.glob("*.js"):
            old.unlink()
        # The bundle is a module; as a classic script (file:// refuses modules) its names clash.
        kept.write_text(f"(()=>{{{vl_convert.javascript_bundle(ours)}}})();", encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def write_script(app: Sphinx) -> None:
    """Put the script beside the pages."""
    if app.builder.format == "html":
        text = chart_script(Path(app.outdir).parent / ".als-charts")
        target = Path(app.outdir) / "_static" / NAME
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
