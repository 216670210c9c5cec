"""Makes each finished page accessible, and gives it a content security policy."""

import base64
import hashlib
import re

from livingreview.formats import NO_BREAK

_SCRIPT = re.compile(r"<script(?P<said>[^>]*)>(?P<body>.*?)</script>", re.S)
# A script element with any other type is data: a browser keeps it and runs nothing.
_RUNS = re.compile(r"""\btype=["']?(?:module|text/javascript|application/javascript)\b""")
_CHARSET = re.compile(r"""<meta charset=["']utf-8["'] ?/?>""")

# Left by the extension that would run cells on another host.
_THEBE = re.compile(
    r"""<script type="text/x-thebe-config">.*?</script>|<script>kernelName = '\w+'</script>""", re.S
)
# Only the theme's list of versions reads it, and it would hold the page's scripts in order.
_NAMED = re.compile(r"\s*<script>DOCUMENTATION_OPTIONS\.pagename = '[^']*';</script>")
_VIEWPORT = re.compile(r'<meta name="viewport" [^>]*>')
_FOLD = re.compile(
    r'(<a class="[^"]*\breference internal\b[^"]*" href="[^"]*">)(?P<page>[^<]*)(</a><details[^>]*>)<summary>'
)
# A number and its sign stay on one line, but in code nothing is changed.
_PERCENT = re.compile(r"(?P<kept><(script|pre)\b.*?</\2>)|(?<=\d) (?=%)", re.S)


def fix_page(page: str) -> str:
    """Make a page of the theme usable with screen readers, keyboards and a strict content policy.

    Parameters
    ----------
    page : a whole page, as the templates wrote it
    """
    page = _NAMED.sub("", _THEBE.sub("", page))
    first = _VIEWPORT.search(page)
    if first:
        page = page[: first.end()] + _VIEWPORT.sub("", page[first.end() :])
    page = _FOLD.sub(r'\1\g<page>\3<summary aria-label="Pages within: \g<page>">', page)
    # The role of an entry is no longer in ARIA; the list around it wants items.
    page = page.replace(' role="doc-biblioentry"', ' role="listitem"')
    page = _PERCENT.sub(lambda found: found["kept"] or NO_BREAK, page)
    # A link whose only word is a sign is read aloud as that sign.
    page = page.replace('<a class="headerlink" ', '<a class="headerlink" aria-label="Link to this section" ')
    page = page.replace('<th class="head', '<th scope="col" class="head')
    page = page.replace('<th class="stub', '<th scope="row" class="stub')
    return with_policy(page.replace(*_SCROLLED))


# A wide table of the text scrolls in a box, which the keyboard must reach.
_SCROLLED = (
    '<div class="pst-scrollable-table-container">',
    '<div class="pst-scrollable-table-container" role="group" aria-label="Table" tabindex="0">',
)


def with_policy(page: str) -> str:
    """Put the policy into a page's head, before anything that it governs.

    Parameters
    ----------
    page : a whole page, as it will be served
    """
    charset = _CHARSET.search(page)
    if charset is None:
        raise ValueError('the page has no <meta charset="utf-8">, after which its policy would stand')
    tag = f'\n<meta http-equiv="Content-Security-Policy" content="{policy(page)}" />'
    return page[: charset.end()] + tag + page[charset.end() :]


def policy(page: str) -> str:
    """Allow the page its own folder, and of the scripts within it exactly those that it was written with."""
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *sorted(_hashes(page))]),
        # Charts set their styles as they are drawn; a style cannot run anything.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _hashes(page: str) -> set[str]:
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(script['body'].encode()).digest()).decode()}'"
        for script in _SCRIPT.finditer(page)
        if "src=" not in script["said"] and ("type=" not in script["said"] or _RUNS.search(script["said"]))
    }
