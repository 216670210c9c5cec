"""Leaves out of each page, and of the folder of pages, the scripts and styles that nothing there uses."""

import re
from pathlib import Path

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
