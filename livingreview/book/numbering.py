"""Number the figures and tables that cells show, alike on the pages and in the documents."""

import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from livingreview.book.documents.outlines import outlines
from livingreview.book.documents.split import TO_SUPPLEMENT, printed_at
from livingreview.book.figure_files import download_links, without_picture

_WORDS = {"figure": "Figure", "table": "Table"}
_CAPTION = {"figure": re.compile(r"<figcaption>"), "table": re.compile(r"<caption>")}
_FIGURE = '<figure class="lr-figure"'


class NumberedFigure(nodes.General, nodes.Element):
    """A figure that a cell shows: its HTML, its id, and the ``file`` it is offered as."""


class NumberedTable(nodes.General, nodes.Element):
    """A table that a cell shows by itself: its HTML and its id."""


KINDS = {"figure": NumberedFigure, "table": NumberedTable}


class FindExhibits(SphinxTransform):
    """Wrap every figure and table in a node that Sphinx numbers and that a label can name."""

    # After labels have moved to the node that follows them, and before Sphinx collects them.
    default_priority = 840

    def apply(self, **kwargs) -> None:
        """Wrap them, in the order of the page; the label before a cell names the first that it shows."""
        seen = dict.fromkeys(KINDS, 0)
        for cell in self.document.findall(_is_cell):
            for shown in list(cell.findall(nodes.raw)):
                kind = exhibit_kind(shown.astext())
                if kind:
                    seen[kind] += 1
                    self._wrap(shown, cell, kind, f"{kind}-{seen[kind]}")

    def _wrap(self, shown: nodes.raw, cell: nodes.Element, kind: str, name: str) -> None:
        exhibit = KINDS[kind]("", shown.deepcopy())
        if cell["ids"]:
            exhibit["ids"], exhibit["names"] = cell["ids"], cell["names"]
            cell["ids"], cell["names"] = [], []
            exhibit["file"] = exhibit["ids"][0].removeprefix("fig-")
        else:
            exhibit["ids"] = [name]
            exhibit["file"] = f"{self.env.docname.rpartition('/')[2]}-{name}"
        for each in exhibit["ids"]:
            self.document.ids[each] = exhibit
        shown.replace_self(exhibit)


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def exhibit_kind(html: str) -> str | None:
    """Say whether a piece of HTML is a figure or a table of ours; None if it is neither."""
    # What a reader plays with is no result to refer to.
    if 'class="lr-whatif"' in html:
        return None
    if _FIGURE in html:
        return "figure"
    return "table" if '<table class="lr-table' in html else None


def _write(writer, node: nodes.Element) -> None:
    kind = "figure" if isinstance(node, NumberedFigure) else "table"
    builder, mark = writer.builder, node["ids"][0]
    page = f"{writer.docnames[-1]}/{kind}" if builder.name == "singlehtml" else kind
    number = builder.fignumbers.get(page, {}).get(mark)
    title = f"{_WORDS[kind]} {number[-1]}" if number else _WORDS[kind]
    html = named(node.astext(), kind, mark, title)
    # The PDF is set from the single page, and has no files beside it.
    if kind == "figure" and builder.name == "html":
        up = "../" * builder.current_docname.count("/")
        html = without_picture(html, node["file"], up)
        html = html.replace("</figcaption>", f"</figcaption>{download_links(node['file'], title, up)}", 1)
    writer.body.append(html)
    raise nodes.SkipNode


def named(html: str, kind: str, mark: str, title: str) -> str:
    """Give a figure or a table its id and, before its caption, its number."""
    if kind == "figure":
        html = html.replace(_FIGURE, f'{_FIGURE} id="{mark}"', 1)
    else:
        html = f'<div class="lr-exhibit" id="{mark}">{html}</div>'
    said = f'<span class="lr-number-of">{title}.</span> '
    return _CAPTION[kind].sub(lambda found: found.group() + said, html, count=1)


def _outline(app: Sphinx, config) -> None:
    config.lr_documents = outlines(Path(app.confdir), config.lr_documents)


def _plain_numbers(app: Sphinx, env) -> list[str]:
    """Hand Sphinx back its own numbers: it rewrites the pages where they differ from its new ones."""
    env.toc_fignumbers = getattr(env, "lr_plain_numbers", env.toc_fignumbers)
    return []


def _number(app: Sphinx, env) -> list[str]:
    """Count the article's exhibits 1, 2, ... in its order, and all others S1, S2, ... in that of the book."""
    env.lr_plain_numbers, article = env.toc_fignumbers, app.config.lr_documents.get("article", ())
    if not article:
        return []
    found, numbers = [], {page: dict(kinds) for page, kinds in env.toc_fignumbers.items()}
    for page in [page for page, kinds in numbers.items() if not KINDS.keys().isdisjoint(kinds)]:
        for exhibit in env.get_doctree(page).findall(lambda node: isinstance(node, tuple(KINDS.values()))):
            place = printed_at(article, page, _section_of(exhibit)["ids"])
            moved = place is not None and _is_moved(exhibit)
            rank = (moved or place is None, place is None, place or 0)
            found.append(
                (rank, page, "figure" if isinstance(exhibit, NumberedFigure) else "table", exhibit["ids"][0])
            )
    counts: Counter = Counter()
    for (supplement, *_), page, kind, name in sorted(found, key=lambda each: each[0]):
        counts[supplement, kind] += 1
        numbers[page][kind] = {
            **numbers[page][kind],
            name: (f"{'S' * supplement}{counts[supplement, kind]}",),
        }
    env.toc_fignumbers = numbers
    return []


def _section_of(node: nodes.Node) -> nodes.section:
    while not isinstance(node, nodes.section):
        node = node.parent
    return node


def _is_moved(node: nodes.Node) -> bool:
    while node.parent is not None:
        if TO_SUPPLEMENT in node.get("classes", ()):
            return True
        node = node.parent
    return False


def _read_again(app: Sphinx, env) -> list[str]:
    """Have every page written again when a number moved: any of them may refer to it."""
    if getattr(env, "lr_numbers", None) == env.toc_fignumbers:
        return []
    env.lr_numbers = {page: dict(kinds) for page, kinds in env.toc_fignumbers.items()}
    return sorted(env.found_docs)


def setup(app: Sphinx) -> None:
    """Let Sphinx number the figures and tables."""
    app.add_transform(FindExhibits)
    for kind, node in KINDS.items():
        app.add_enumerable_node(node, kind, _title, html=(_write, None))
    app.add_config_value("lr_documents", {}, "env", dict)
    app.connect("config-inited", _outline)
    # Before and after Sphinx gives the numbers.
    app.connect("env-get-updated", _plain_numbers, priority=100)
    app.connect("env-get-updated", _number, priority=800)
    app.connect("env-get-updated", _read_again, priority=900)


def _title(node: nodes.Element) -> str:
    """Name an exhibit where a link to it has no words of its own."""
    found = re.search(r"<(fig)?caption>(.*?)</(fig)?caption>", node.astext(), re.S)
    return found.group(2) if found else ""
