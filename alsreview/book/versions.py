"""Gives a released page its lasting address and the way to the other versions; a draft has neither."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from alsreview.release import Stamp

NAME = "als-versions.js"


def setup(app: Sphinx) -> None:
    """Know the pages that moved, and put the script beside the pages before they are written."""
    app.add_config_value("als_moved", {}, "", dict)
    app.connect("builder-inited", _write_script)
    app.connect("env-updated", _check_moved)


def mark_page(app: Sphinx, pagename: str, context: dict) -> None:
    """Say in a page's head which version it is, and link the list of all versions at its foot."""
    made, page = app.config.als_stamp, app.builder.get_target_uri(pagename)
    context["metatags"] = context.get("metatags", "") + head(made, page)
    if made.released:
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + foot(page)
        app.add_js_file(NAME, loading_method="defer")


def head(made: Stamp, page: str) -> str:
    """Write what only machines read of a page's version.

    Parameters
    ----------
    made : what the page says of itself
    page : its path inside the version, such as ``chapters/methods.html``
    """
    if not made.released:
        return '\n<meta name="robots" content="noindex" />'
    # Relative unless the address is known, so that the copy in latest/ points to the version too.
    address = f"{made.url or _site(page)}{made.version}/{quote(page)}"
    return (
        f'\n<meta name="als-version" content="{escape(made.version)}" />'
        f'\n<link rel="canonical" href="{escape(address)}" />'
    )


def foot(page: str) -> str:
    """Link the list of all versions, for readers without scripts too."""
    return f'<p class="als-stamp als-all-versions"><a href="{_site(page)}versions/">All versions</a></p>'


def _site(page: str) -> str:
    """Go from a page to the folder that holds all versions."""
    return "../" * (page.count("/") + 1)


def _write_script(app: Sphinx) -> None:
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / NAME
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(__file__).with_name("versions.js").read_bytes())


def _check_moved(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse a page that is said to have moved but is here, or whose successor never was."""
    moved, here = app.config.als_moved, env.found_docs
    faults = [f"{old} is still a page" for old in moved if old in here]
    faults += [f"{old}: no page {new}" for old, new in moved.items() if new not in here and new not in moved]
    if faults:
        raise ExtensionError(f"_config.yml: als_moved: {'; '.join(sorted(faults))}")
