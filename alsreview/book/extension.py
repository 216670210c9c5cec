"""The Sphinx extension: keys the cache, stamps the pages, keeps them free of other hosts."""

import hashlib
import os
from html import escape
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from alsreview.book import (
    ahead,
    assets,
    cache,
    cite_page,
    citing,
    document_links,
    figure_files,
    freshness,
    glossary,
    leftovers,
    mathml,
    mend,
    numbering,
    pictures,
    prose,
    reading,
    script,
    trial_pages,
    versions,
)
from alsreview.release import Stamp, stamp

TEMPLATES = Path(__file__).with_name("templates")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("als_build_digest", "", "env", str)
    app.add_config_value("als_stamp", None, "html")
    app.add_config_value("als_static", "", "html", str)
    prose.setup(app)
    ahead.setup(app)
    mathml.setup(app)
    citing.setup()
    trial_pages.setup(app)
    cite_page.setup(app)
    versions.setup(app)
    numbering.setup(app)
    figure_files.setup(app)
    document_links.setup(app)
    freshness.setup(app)
    glossary.setup(app)
    reading.setup(app)
    # Early: myst-nb reads the cache's path in its own handler.
    app.connect("config-inited", _configure, priority=100)
    app.connect("doctree-read", pictures.draw_pictures)
    # Late: after the theme and thebe have put in what is taken out.
    app.connect("html-page-context", _page, priority=900)
    # Before the pages: Sphinx puts a checksum of styles and scripts in their addresses.
    app.connect("builder-inited", leftovers.start_clean, priority=100)
    app.connect("builder-inited", script.write_scripts)
    app.connect("build-finished", _tidy)
    app.connect("build-finished", leftovers.drop_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _configure(app: Sphinx, config: Config) -> None:
    _check_module(Path(app.srcdir))
    made = stamp(Path(app.srcdir))
    # Whatever prints a time prints the commit's, so that two builds can be identical.
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(made.seconds))
    cache.key_cache(app, config)
    config.als_stamp = made
    # Sphinx copies _static, and that of the locked packages, only when it writes a page: ask for that.
    config.als_static = f"{config.als_build_digest} {static_digest(Path(app.srcdir) / '_static')}"
    config.version = config.release = made.version
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    config.html_theme_options = {
        **config.html_theme_options,
        "extra_footer": footer(made) + freshness.foot(Path(app.srcdir)),
    }


def _check_module(root: Path) -> None:
    """Refuse to build with the module of another folder: the hash would name the wrong code."""
    own, used = (root / "alsreview").resolve(), Path(__file__).resolve().parents[1]
    if own.is_dir() and used != own:
        raise ExtensionError(
            f"the chapters would run the alsreview in {used}, but this book's own is in {own}; "
            "install it here: make .venv/installed"
        )


def footer(made: Stamp) -> str:
    """Write the line below every page: version, evidence, date."""
    what = "Version" if made.released else "Unreleased draft"
    return (
        f'<p class="als-stamp">{what} {escape(made.label)} · evidence '
        f"<code>{made.evidence}</code> · {made.date}</p>"
    )


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> str:
    hash_ = app.config.als_stamp.evidence
    context["metatags"] = context.get("metatags", "") + (f'\n<meta name="evidence-hash" content="{hash_}" />')
    context["metatags"] += f"\n{cite_page.head(app, pagename)}\n"
    versions.mark_page(app, pagename, context)
    freshness.mark_page(app, context)
    # The theme prints the title as it is, and a trial's title comes from the data.
    if "pagetitle" in context:
        context["pagetitle"] = escape(context["pagetitle"])
    # The theme reads it in a script; without it the mode is the word "undefined".
    context["default_mode"] = "auto"
    if doctree is not None and "als-chart" in context.get("body", ""):
        app.add_js_file(script.NAME, loading_method="defer")
        app.add_css_file(script.STYLE)
    if doctree is not None and "als-scroll" in context.get("body", ""):
        app.add_js_file(script.TABLES, loading_method="defer")
    if doctree is not None and "als-whatif" in context.get("body", ""):
        app.add_js_file(script.WHATIF, loading_method="defer")
    assets.drop_unneeded(context, context.get("body", ""), search=pagename == "search")
    context |= {"template": templatename, "mend": mend.mend}
    return "mended.html"


def static_digest(folder: Path) -> str:
    """Digest the style and the fonts."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _tidy(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    assets.tidy_static(out / "_static")
    # A page whose chapter is gone would go on saying its old numbers.
    docs = app.env.found_docs | set(app.config.als_moved)
    for folder in {Path(doc).parent for doc in docs} - {Path(".")}:
        for page in (out / folder).glob("*.html"):
            if page.relative_to(out).with_suffix("").as_posix() not in docs:
                page.unlink()
