"""Read and write the HTML that becomes documents; lxml does both many times faster than BeautifulSoup."""

from lxml import html
from lxml.html import HtmlElement

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def body_of(page: str) -> HtmlElement:
    """Parse what stands in a page's body."""
    return html.document_fromstring(f"<body>{page}</body>").body


def outer_html(node: HtmlElement) -> str:
    """Write an element without the text that follows it."""
    return html.tostring(node, encoding="unicode", with_tail=False)


def inner_html(body: HtmlElement) -> str:
    """Write what stands in a body."""
    return outer_html(body).removeprefix("<body>").removesuffix("</body>")


def new(tag: str, text: str = "", **attributes: str) -> HtmlElement:
    """Make an element; ``class_`` is its class."""
    made = html.Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    made.text = text
    return made


def classes(node: HtmlElement) -> set[str]:
    """Return the classes of an element."""
    return set(node.get("class", "").split())


def append_text(node: HtmlElement, text: str) -> None:
    """Put a text after everything in an element."""
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text
