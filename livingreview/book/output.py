"""Clears the folder of pages of what nothing there uses, and of what earlier builds left."""

import re
import shutil
from pathlib import Path

from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx.builders.html import BuildInfo
from sphinx.search import js_index

_COPIED = ("_static", "_images", "_downloads")
_INDEX = "searchindex.js"

# Part of a file's name, and what a page must hold to need it.
_NEEDED_BY = {
    "clipboard": 'class="highlight',
    "copybutton": 'class="highlight',
    "pygments": 'class="highlight',
    "mystnb": 'class="cell',
    "togglebutton": re.compile(r'class="[^"]*\b(?:toggle|dropdown)\b'),
    "togglehint": re.compile(r'class="[^"]*\b(?:toggle|dropdown)\b'),
    "toggleopen": re.compile(r'class="[^"]*\b(?:toggle|dropdown)\b'),
    "whatif.css": 'class="lr-whatif',
    "sphinx-design": re.compile(r'class="[^"]*\bsd-'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab'),
    # It would run cells on another host, and its scripts fail on a page without it.
    "thebe": None,
}
# The theme's script for icons, its icon fonts and its maps, in whose place our own few icons stand; the
# translations of its own words, which a build reads and a page does not.
_UNUSED = (
    *("scripts/fontawesome.js*", "**/*.map", "vendor/fontawesome/webfonts/*", "*webpack-macros.html"),
    *("sphinx-thebe.*", "locales/**/*.*"),
)
_THEME = "styles/pydata-sphinx-theme.css"
_ICON_FACE = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
_ICON = re.compile(r"(?<=\})(?:\.fa-[a-z0-9-]+:(?:before|after),?)+\{content:\"[^\"]*\"\}")
_DRAWN = re.compile(
    r"\.fa-(?:arrow-up|bars|chevron-down|list|magnifying-glass|circle-half-stroke|moon|sun|xmark|angle-left|angle-right):"
)


def drop_unneeded(context: dict, body: str, *, search: bool = False) -> None:
    """Take out of a page's context what its body has no use for, and let the rest wait for the page.

    Parameters
    ----------
    context : the page's, with ``script_files`` and ``css_files``
    body : the page's own HTML
    search : whether it is the search page, whose scripts depend on their order
    """
    for key in ("script_files", "css_files"):
        context[key][:] = [file for file in context[key] if _is_needed(file, body)]
    if not search:
        context["script_files"][:] = [_deferred(file) for file in context["script_files"]]


def _deferred(file):
    # A copy: the pages share the asset, and one of them needs it as it is.
    if not file.filename:
        return file
    return type(file)(file.filename, priority=file.priority, **{**file.attributes, "defer": "defer"})


def _is_needed(file, body: str) -> bool:
    # An asset has a file name, or a body of its own among its attributes.
    named = f"{file.filename or ''} {file.attributes.get('body', '')}".lower()
    for part, sign in _NEEDED_BY.items():
        if part in named:
            return sign is not None and re.search(sign, body) is not None
    return True


def tidy_static(static: Path) -> None:
    """Delete the theme's files that no page names, and out of its style the icons that no page shows."""
    for path in (path for pattern in _UNUSED for path in static.glob(pattern)):
        path.unlink()
    style = static / _THEME
    if style.is_file():
        text = _ICON_FACE.sub("", style.read_text(encoding="utf-8"))
        text = _ICON.sub(lambda found: found[0] if _DRAWN.search(found[0]) else "", text)
        style.write_text(text, encoding="utf-8")


def start_clean(app: Sphinx) -> None:
    """Remove what Sphinx copies beside the pages, if it is going to write all of them anew."""
    if app.builder.format != "html":
        return
    out = Path(app.outdir)
    if _all_anew(app, out / ".buildinfo"):
        for name in _COPIED:
            shutil.rmtree(out / name, ignore_errors=True)
        (out / _INDEX).unlink(missing_ok=True)
    # myst-nb copies its style last, so that only a second build found its checksum for the address.
    (out / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


def _all_anew(app: Sphinx, note: Path) -> bool:
    if not note.is_file():
        return False
    with note.open(encoding="utf-8") as lines:
        return BuildInfo.load(lines) != app.builder.build_info


def drop_words(app: Sphinx, error: Exception | None) -> None:
    """Take the words that are on no page any more out of the search index; Sphinx keeps them."""
    path = Path(app.outdir) / _INDEX
    if error is not None or app.builder.name != "html" or not path.is_file():
        return
    index = js_index.loads(path.read_text(encoding="utf-8"))
    for part in ("terms", "titleterms"):
        index[part] = {word: pages for word, pages in index[part].items() if pages != []}
    path.write_text(js_index.dumps(index), encoding="utf-8")


def drop_pages(app: Sphinx, error: Exception | None) -> None:
    """Delete the pages of chapters that are gone: they would go on showing their old numbers."""
    if error is not None or app.builder.format != "html":
        return
    out, docs = Path(app.outdir), app.env.found_docs | set(app.config.lr_moved)
    for page in out.glob("[!_]*/**/*.html"):
        if page.relative_to(out).with_suffix("").as_posix() not in docs:
            page.unlink()
