"""Finish the pages: what each of them loads, how accessible it is, its policy, and what stands beside it.

The theme and its extensions serve every page alike; a page of this book loads only what it uses.
"""

import base64
import hashlib
import re
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html import BuildInfo
from sphinx.search import js_index

from livingreview.formats import NO_BREAK

HERE = Path(__file__).parent
STATIC = HERE / "static"


def setup(app: Sphinx) -> None:
    """Put our scripts and styles beside the pages, and remove what no page uses."""
    for style in sorted(STATIC.glob("*.css")):
        app.add_css_file(style.name)
    # Before the pages: Sphinx puts a checksum of styles and scripts in their addresses.
    app.connect("builder-inited", _start_clean, priority=100)
    app.connect("builder-inited", _write_scripts)
    # Late: after the theme and thebe have put in what is taken out.
    app.connect("html-page-context", _load, priority=950)
    app.connect("build-finished", _clear)


# ---- what a page loads

# Our scripts that not every page needs, and the class that tells that a page does.
_OURS = {"lr-charts": "lr-chart", "lr-tables": "lr-scroll", "lr-whatif": "lr-whatif"}
_TOGGLES = re.compile(r'class="[^"]*\b(?:toggle|dropdown)\b')
# Part of a file's name, and what a page must hold to need it.
_NEEDED_BY = {
    "clipboard": 'class="highlight',
    "copybutton": 'class="highlight',
    "pygments": 'class="highlight',
    "mystnb": 'class="cell',
    "togglebutton": _TOGGLES,
    "togglehint": _TOGGLES,
    "toggleopen": _TOGGLES,
    "whatif.css": 'class="lr-whatif',
    "sphinx-design": re.compile(r'class="[^"]*\bsd-'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab'),
    # It would run cells on another host, and its scripts fail on a page without it.
    "thebe": None,
}


def _load(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> str:
    """Load what the page's body has a use for, and let the scripts wait for the page."""
    body = context.get("body", "")
    for name, sign in _OURS.items():
        if doctree is not None and sign in body:
            app.add_js_file(f"{name}.js", loading_method="defer")
    if doctree is not None and "lr-chart" in body:
        app.add_css_file("lr-charts.css")
    for key in ("script_files", "css_files"):
        context[key][:] = [file for file in context[key] if _is_needed(file, body)]
    # The scripts of the search depend on their order.
    if pagename != "search":
        context["script_files"][:] = [_deferred(file) for file in context["script_files"]]
    context |= {"template": templatename, "fix_page": fix_page}
    return "fixed.html"


def _is_needed(file, body: str) -> bool:
    # An asset has a file name, or a body of its own among its attributes.
    named = f"{file.filename or ''} {file.attributes.get('body', '')}".lower()
    signs = [sign for part, sign in _NEEDED_BY.items() if part in named]
    return all(sign is not None and re.search(sign, body) for sign in signs[:1])


def _deferred(file):
    # A copy: the pages share the asset, and one of them needs it as it is.
    if not file.filename:
        return file
    return type(file)(file.filename, priority=file.priority, **{**file.attributes, "defer": "defer"})


# ---- a finished page

# Left by the extension that would run cells on another host; and what only the theme's list of versions
# reads, which would hold the page's scripts in order.
_LEFT = re.compile(
    r"""<script type="text/x-thebe-config">.*?</script>|<script>kernelName = '\w+'</script>"""
    r"""|\s*<script>DOCUMENTATION_OPTIONS\.pagename = '[^']*';</script>""",
    re.S,
)
_VIEWPORT = re.compile(r'<meta name="viewport" [^>]*>')
_FOLD = re.compile(
    r'(<a class="[^"]*\breference internal\b[^"]*" href="[^"]*">)(?P<page>[^<]*)(</a><details[^>]*>)<summary>'
)
# A number and its sign stay on one line, but in code nothing is changed.
_PERCENT = re.compile(r"(?P<kept><(script|pre)\b.*?</\2>)|(?<=\d) (?=%)", re.S)
_BOX = '<div class="pst-scrollable-table-container"'
_ACCESSIBLE = {
    # The role of an entry is no longer in ARIA; the list around it wants items.
    ' role="doc-biblioentry"': ' role="listitem"',
    # A link whose only word is a sign is read aloud as that sign.
    '<a class="headerlink" ': '<a class="headerlink" aria-label="Link to this section" ',
    '<th class="head': '<th scope="col" class="head',
    '<th class="stub': '<th scope="row" class="stub',
    # A wide table of the text scrolls in a box, which the keyboard must reach.
    f"{_BOX}>": f'{_BOX} role="group" aria-label="Table" tabindex="0">',
}


def fix_page(page: str) -> str:
    """Make a page of the theme usable with screen readers, keyboards and a strict content policy.

    Parameters
    ----------
    page : a whole page, as the templates wrote it
    """
    page = _LEFT.sub("", page)
    if first := _VIEWPORT.search(page):
        page = page[: first.end()] + _VIEWPORT.sub("", page[first.end() :])
    page = _FOLD.sub(r'\1\g<page>\3<summary aria-label="Pages within: \g<page>">', page)
    page = _PERCENT.sub(lambda found: found["kept"] or NO_BREAK, page)
    for old, new in _ACCESSIBLE.items():
        page = page.replace(old, new)
    return with_policy(page)


# ---- its content security policy

_CHARSET = re.compile(r"""<meta charset=["']utf-8["'] ?/?>""")
_SCRIPT = re.compile(r"<script(?P<said>[^>]*)>(?P<body>.*?)</script>", re.S)
# A script element with any other type is data: a browser keeps it and runs nothing.
_RUNS = re.compile(r"""\btype=["']?(?:module|text/javascript|application/javascript)\b""")


def with_policy(page: str) -> str:
    """Put the policy into a page's head, before anything that it governs.

    The page may load from its own folder, and run of the scripts within it exactly those that it was written
    with.

    Parameters
    ----------
    page : a whole page, as it will be served
    """
    charset = _CHARSET.search(page)
    if charset is None:
        raise ValueError('the page has no <meta charset="utf-8">, after which its policy would stand')
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(script['body'].encode()).digest()).decode()}'"
        for script in _SCRIPT.finditer(page)
        if "src=" not in script["said"] and ("type=" not in script["said"] or _RUNS.search(script["said"]))
    }
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *sorted(hashes)]),
        # Charts set their styles as they are drawn; a style cannot run anything.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
    tag = f'\n<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    return page[: charset.end()] + tag + page[charset.end() :]


# ---- what stands beside the pages

_COPIED = ("_static", "_images", "_downloads")
_INDEX = "searchindex.js"
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


def _start_clean(app: Sphinx) -> None:
    """Remove what Sphinx copies beside the pages, if it is going to write all of them anew."""
    if app.builder.format != "html":
        return
    out = Path(app.outdir)
    note = out / ".buildinfo"
    if note.is_file():
        with note.open(encoding="utf-8") as lines:
            if BuildInfo.load(lines) != app.builder.build_info:
                for name in _COPIED:
                    shutil.rmtree(out / name, ignore_errors=True)
                (out / _INDEX).unlink(missing_ok=True)
    # The site, which takes the policy alone from here, need not wait for it.
    from myst_nb.sphinx_ext import add_global_html_resources

    # myst-nb copies its style last, so that only a second build found its checksum for the address.
    (out / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


def _write_scripts(app: Sphinx) -> None:
    """Put beside the pages our scripts, and the charts' colours from the one place that names colours."""
    if app.builder.format != "html":
        return
    target, store = Path(app.outdir) / "_static", Path(app.outdir).parent / ".lr-charts"
    store.mkdir(exist_ok=True)
    for script in HERE.glob("*.js"):
        if script.name != "charts.js":
            shutil.copyfile(script, target / f"lr-{script.name}")
    ours = (HERE / "charts.js").read_text(encoding="utf-8")
    key = hashlib.sha256((version("vl-convert-python") + ours).encode()).hexdigest()[:16]
    _keep(store / f"{key}.js", lambda: _chart_script(ours), target / "lr-charts.js")
    _keep(store / f"{app.config.lr_build_digest[:16]}.css", _chart_style, target / "lr-charts.css")


def _keep(kept: Path, make: Callable[[], str], target: Path) -> None:
    """Copy a file that takes a while to make, made unless it is kept, in the place of the one kept before."""
    if not kept.is_file():
        for old in kept.parent.glob(f"*{kept.suffix}"):
            old.unlink()
        kept.write_text(make(), encoding="utf-8")
    shutil.copyfile(kept, target)


def _chart_script(ours: str) -> str:
    """Bundle Vega, Vega-Lite, vega-embed and our drawing code as one classic script."""
    import vl_convert

    # The bundle is a module; as a classic script (file:// refuses modules) its names clash.
    return f"(()=>{{{vl_convert.javascript_bundle(ours)}}})();"


def _chart_style() -> str:
    from livingreview.charts.theme import chart_style

    return chart_style()


def _clear(app: Sphinx, error: Exception | None) -> None:
    """Delete what no page uses: files and icons of the theme, words on no page, pages of chapters gone."""
    if error is not None or app.builder.format != "html":
        return
    out, docs = Path(app.outdir), app.env.found_docs | set(app.config.lr_moved)
    for path in (path for pattern in _UNUSED for path in (out / "_static").glob(pattern)):
        path.unlink()
    style = out / "_static" / _THEME
    if style.is_file():
        text = _ICON_FACE.sub("", style.read_text(encoding="utf-8"))
        text = _ICON.sub(lambda found: found[0] if _DRAWN.search(found[0]) else "", text)
        style.write_text(text, encoding="utf-8")
    # Sphinx keeps in its index the words that are on no page any more.
    index = out / _INDEX
    if app.builder.name == "html" and index.is_file():
        found = js_index.loads(index.read_text(encoding="utf-8"))
        for part in ("terms", "titleterms"):
            found[part] = {word: pages for word, pages in found[part].items() if pages != []}
        index.write_text(js_index.dumps(found), encoding="utf-8")
    # A page of a chapter that is gone would go on showing its old numbers.
    for page in out.glob("[!_]*/**/*.html"):
        if page.relative_to(out).with_suffix("").as_posix() not in docs:
            page.unlink()
