"""Fix accessibility problems in the output of the theme and its extensions."""

import re

from livingreview.book.policy import with_policy
from livingreview.formats import NO_BREAK

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
    page = page.replace('<th class="head', '<th scope="col" class="head')
    page = page.replace('<th class="stub', '<th scope="row" class="stub')
    return with_policy(page.replace(*_SCROLLED))


# A wide table of the text scrolls in a box, which the keyboard must reach.
_SCROLLED = (
    '<div class="pst-scrollable-table-container">',
    '<div class="pst-scrollable-table-container" role="group" aria-label="Table" tabindex="0">',
)
