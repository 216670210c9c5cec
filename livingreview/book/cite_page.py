"""Put citations into the pages when they are written: the version is not known when they are read.

Readers see them in their forms; reference managers and search engines read them in the head of each page.
"""

import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from livingreview.book import script
from livingreview.formats import inert_json
from livingreview.release.cite import FORMATS, Author, Work, cite, file_name, filled
from livingreview.release.stamp import ARTICLE

PAGE, HEADING = "chapters/versions", "#how-to-cite"
FILES = "cite"
_OPEN = ("apa", "vancouver")  # short enough to be read without asking
_TERMS = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


class CiteNode(nodes.General, nodes.Element):
    """The place of every form of the review's citation."""


class CiteDirective(SphinxDirective):
    """Shows how to cite the text that the page belongs to; the words come when the page is written."""

    def run(self) -> list[nodes.Node]:
        return [CiteNode()]


def setup(app: Sphinx) -> None:
    """Register the directive and what every page gets."""
    app.add_directive("review-cite", CiteDirective)
    app.add_node(CiteNode, html=(_write_forms, None))
    app.connect("html-page-context", _page)
    app.connect("build-finished", _write_files)


def head(app: Sphinx, pagename: str) -> str:
    """Write what the head of a page says of it."""
    return head_tags(_work(app, pagename))


def _work(app: Sphinx, pagename: str = "") -> Work:
    """Return what a page holds: a chapter, or the review as a whole."""
    if pagename not in app.env.found_docs or pagename == app.config.root_doc:
        return Work(app.config.lr_stamp)
    return Work(app.config.lr_stamp, chapter=app.env.titles[pagename].astext(), page=pagename)


def _write_forms(writer, node: CiteNode) -> None:
    builder = writer.builder
    # Documents are set from the single page, and have no files beside them.
    folder = f"{'../' * builder.current_docname.count('/')}{FILES}/" if builder.name == "html" else ""
    writer.body.append(all_forms(_work(builder.app), folder))
    raise nodes.SkipNode


def all_forms(work: Work, folder: str) -> str:
    """Show every form of a citation, each in a part that opens; ``folder`` has the files, if any."""
    found = []
    for form, known in FORMATS.items():
        link, name = "", escape(file_name(work, form))
        if known.suffix and folder:
            link = f'<p><a class="lr-cite-file" href="{folder}{name}" download>Save {name}</a></p>'
        found.append(
            f'<details class="lr-cite"{" open" if form in _OPEN else ""}><summary>{known.label}</summary>'
            f"{_text(work, form)}{link}</details>"
        )
    return "\n".join(found)


def _text(work: Work, form: str) -> str:
    """Write a citation as text that a script gives a button to copy it."""
    element = "pre" if FORMATS[form].suffix else "p"
    text = escape(cite(work, form).rstrip("\n"), quote=False)
    return f'<{element} class="lr-copy" data-copy="{FORMATS[form].label}">{text}</{element}>'


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Offer at the foot of a page how to cite it, with a link to the page that has every form."""
    if doctree is None or app.builder.name != "html":
        return
    work, more = _work(app, pagename), ""
    if PAGE in app.env.found_docs:
        address = escape(app.builder.get_relative_uri(pagename, PAGE) + HEADING)
        words = "All citation formats for the whole review"
        more = f'<p><a class="lr-cite-file" href="{address}">{words}</a></p>'
    context["body"] += (
        f'<details class="lr-cite lr-cite-here"><summary>Cite this {"page" if work.chapter else "review"}'
        f"</summary>{_text(work, 'apa')}{_text(work, 'bibtex')}{more}</details>"
    )
    app.add_js_file(script.CITE, loading_method="defer")


def _write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files for reference managers, and leave nothing of an earlier version beside them."""
    if error is None and app.builder.name == "html":
        folder, work = Path(app.outdir) / FILES, _work(app)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for form in [form for form, known in FORMATS.items() if known.suffix]:
            path = folder / file_name(work, form)
            path.write_text(cite(work, form), encoding="utf-8", newline="\n")


# ---- what only machines read


def head_tags(work: Work) -> str:
    """Describe the review, or the chapter that a page holds, in Highwire tags and in JSON-LD."""
    stamp = work.stamp
    # These tags have no place for a version, so a draft says in its title that it is one.
    title = work.title if stamp.released else f"{work.title} ({work.edition.lower()})"
    highwire = [
        ("citation_title", title),
        *[("citation_author", author.inverted) for author in work.authors],
        ("citation_publication_date", f"{stamp.day:%Y/%m/%d}"),
        ("citation_inbook_title", work.review if work.chapter else ""),
        ("citation_language", "en"),
        ("citation_keywords", "; ".join(stamp.card.get("keywords", ()))),
        ("citation_doi", stamp.doi),
        ("citation_public_url", work.url),
        ("citation_pdf_url", work.base and f"{work.base}{stamp.name}{ARTICLE}"),
    ]
    tags = [f'<meta name="{name}" content="{escape(said)}" />' for name, said in highwire if said]
    data = inert_json({"@context": "https://schema.org", "@graph": _graph(work)})
    return "\n".join([*tags, f'<script type="application/ld+json">{data}</script>'])


def _graph(work: Work) -> list[dict]:
    """Describe the review or a chapter, which has no DOI of its own, and the evidence in ``data/``."""
    stamp, card = work.stamp, work.stamp.card
    licence = card.get("license") or ""
    # That of text and data stands first.
    licence = licence if isinstance(licence, str) else licence[0]
    common = {
        "version": stamp.label,
        "creativeWorkStatus": "Published" if stamp.released else "Draft",
        "datePublished": stamp.date if stamp.released else "",
        "dateModified": stamp.date,
        "inLanguage": "en",
        "license": _TERMS.get(licence, licence and f"https://spdx.org/licenses/{licence}.html"),
    }
    people, evidence = [_agent(author) for author in work.authors], f"{work.base}#evidence"
    whole = common | {
        "@type": "ScholarlyArticle",
        "name": work.review,
        "url": work.base,
        "identifier": _identifiers(work, stamp.doi),
    }
    article = whole | {
        "headline": work.title,
        "name": work.title,
        "author": people,
        "url": work.url,
        "isBasedOn": {"@id": evidence},
    }
    if work.chapter:
        article |= {"identifier": _identifiers(work), "isPartOf": filled(whole)}
    else:
        article |= {name: card.get(name) for name in ("abstract", "keywords")}
    dataset = common | {
        "@type": "Dataset",
        "@id": evidence,
        "name": f"The evidence of: {work.review}",
        "description": card.get("abstract"),
        "creator": people,
        "keywords": card.get("keywords"),
        "isAccessibleForFree": True,
        "identifier": _identifiers(work),
        "url": work.base,
    }
    return [filled(article), filled(dataset)]


def _identifiers(work: Work, doi: str = "") -> list[dict]:
    named = filled({"evidence hash": work.stamp.evidence, "doi": doi})
    return [{"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in named.items()]


def _agent(author: Author) -> dict:
    if not author.given:
        return {"@type": "Organization", "name": author.name}
    names = {"givenName": author.given, "familyName": author.name}
    return {"@type": "Person", "name": f"{author.given} {author.name}", **names}
