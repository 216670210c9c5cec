"""The Sphinx extension: keys the cache, stamps the pages, keeps them free of other hosts."""

import os
from html import escape
from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from livingreview.book import cells, contact, documents, figures, pages, prose, rendering, versions
from livingreview.evidence import load_evidence
from livingreview.evidence.digest import digest_files
from livingreview.release import stamp
from livingreview.release.cite import version_before
from livingreview.release.freshness import freshness
from livingreview.statements import EXTENSIONS

# What every review's book needs of Sphinx. A review changes one under ``sphinx: config:`` in _config.yml.
DEFAULTS = {
    "bibtex_default_style": "plain",
    "bibtex_reference_style": "plain_author_year",
    # One id per paper: the running ids repeat when all chapters make one page.
    "bibtex_cite_id": "cite-{key}",
    "html_copy_source": False,
    "html_math_renderer": "mathml",
    "html_show_copyright": False,
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "myst_heading_anchors": 4,
    "myst_url_schemes": ["mailto", "http", "https"],
    "nb_execution_raise_on_error": True,
    "nb_merge_streams": True,
    # Figures and tables count through the whole book.
    "numfig_format": {"figure": "Figure %s", "table": "Table %s"},
    "numfig_secnum_depth": 0,
    "togglebutton_hint": "Show",
    "togglebutton_hint_hide": "Hide",
}
THEME = {
    "footer_content_items": ["extra-footer"],
    # The theme would keep a place for advertisements there.
    "primary_sidebar_end": [],
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}
NOT_PAGES = [
    "_build", ".*", "**/.*", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "data", "_static",
    "livingreview",
]  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("lr_build_digest", "", "env", str)
    app.add_config_value("lr_stamp", None, "html")
    app.add_config_value("lr_version_before", None, "html")
    app.add_config_value("lr_static", "", "html", str)
    for part in (prose, cells, rendering, versions, figures, documents, contact, pages):
        part.setup(app)
    app.connect("config-inited", _settle, priority=50)
    # Early: myst-nb reads the cache's path in its own handler.
    app.connect("config-inited", _configure, priority=100)
    # Late: after the theme has put in what is changed here.
    app.connect("html-page-context", _page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _settle(app: Sphinx, config: Config) -> None:
    """Set what every review's book needs, unless its own _config.yml says otherwise."""
    given = yaml.safe_load((Path(app.srcdir) / "_config.yml").read_text("utf-8")) or {}
    own = (given.get("sphinx") or {}).get("config") or {}
    for name, value in DEFAULTS.items():
        if name not in own:
            setattr(config, name, value)
    config.html_theme_options = config.html_theme_options | THEME | own.get("html_theme_options", {})
    config.myst_enable_extensions = sorted({*config.myst_enable_extensions, *EXTENSIONS} - {"linkify"})
    config.exclude_patterns = [*config.exclude_patterns, *NOT_PAGES]


def _configure(app: Sphinx, config: Config) -> None:
    """Say what the book is made from: what of it changes a page, and what stands at the foot of each."""
    root = Path(app.srcdir)
    _check_module(root)
    config.lr_stamp = made = stamp(root)
    config.lr_version_before = version_before(root, made)
    config.version = config.release = made.version
    # Whatever prints a time prints the commit's, so that two builds can be identical.
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(made.seconds))
    cells.key_cache(app, config)
    config.templates_path = [*config.templates_path, str(pages.HERE / "templates")]
    config.html_static_path = [*config.html_static_path, str(pages.STATIC)]
    # Sphinx copies static files, and those of the locked packages, only when it writes a page: ask for that.
    # The foot of a page names the ways to reach the authors, without its own text changing.
    styles = {
        str(path.relative_to(place)): path
        for place in (root, pages.HERE)
        for path in place.glob("*static/**/*")
    }
    config.lr_static = f"{config.lr_build_digest} {digest_files(styles)} {contact.foot(root, '')}"
    what = "Version" if made.released else "Unreleased draft"
    foot = (
        f'<p class="lr-stamp">{what} {escape(made.label)} · evidence '
        f"<code>{made.evidence}</code> · {made.date}</p>"
    )
    foot += prose.freshness_foot(freshness(load_evidence(root)))
    config.html_theme_options = config.html_theme_options | {"extra_footer": foot}


def _check_module(root: Path) -> None:
    """Refuse to build with the module of another folder: the hash would name the wrong code."""
    own, used = (root / "livingreview").resolve(), Path(__file__).resolve().parents[1]
    if own.is_dir() and used != own:
        raise ExtensionError(
            f"the chapters would run the livingreview in {used}, but this book's own is in {own}; "
            "install it here: make .venv/installed"
        )


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    named = f'\n<meta name="evidence-hash" content="{app.config.lr_stamp.evidence}" />'
    context["metatags"] = context.get("metatags", "") + named
    versions.mark_page(app, pagename, context)
    if "lr-fresh" in app.config.html_theme_options["extra_footer"]:
        app.add_js_file("lr-freshness.js", loading_method="defer")
    ways = contact.foot(Path(app.srcdir), contact.source_of(app, pagename))
    context["theme_extra_footer"] = context.get("theme_extra_footer", "") + ways
    # The theme prints the title as it is, and a trial's title comes from the data.
    if "pagetitle" in context:
        context["pagetitle"] = escape(context["pagetitle"])
    # The theme reads it in a script; without it the mode is the word "undefined".
    context["default_mode"] = "auto"
