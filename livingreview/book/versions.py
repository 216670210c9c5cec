"""Tell on each page which version it is and how to cite it, and lead on from pages that moved.

The words are put in when a page is written, since the version is not known when it is read.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from livingreview.formats import inert_json
from livingreview.release import Stamp
from livingreview.release.cite import FORMATS, Work, cite, file_name, filled, where_to_get
from livingreview.release.stamp import ARTICLE, inverted

PAGE, HEADING = "chapters/versions", "#how-to-cite"
FILES = "cite"
_OPEN = ("apa", "vancouver")  # short enough to be read without asking
_TERMS = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


class LateNode(nodes.General, nodes.Element):
    """The place of words that come when the page is written."""


class LateDirective(SphinxDirective):
    """``review-status`` tells whether this text is a version or a draft, ``review-cite`` how to cite it."""

    def run(self) -> list[nodes.Node]:
        return [LateNode(what=self.name)]


def setup(app: Sphinx) -> None:
    """Offer the directives, give each page its citation, and know the pages that moved."""
    app.add_config_value("lr_moved", {}, "", dict)
    app.add_directive("review-status", LateDirective)
    app.add_directive("review-cite", LateDirective)
    app.add_node(LateNode, html=(_write_late, None))
    app.connect("env-updated", _check_moved)
    app.connect("html-collect-pages", _redirects)
    app.connect("html-page-context", _cite_here)
    app.connect("build-finished", _write_files)


def mark_page(app: Sphinx, pagename: str, context: dict) -> None:
    """Write into a page's head what it is and which version, and link the list of all from its foot."""
    made, page = app.config.lr_stamp, app.builder.get_target_uri(pagename)
    tags = f"\n{head_tags(_work(app, pagename))}\n{head(made, page)}"
    context["metatags"] = context.get("metatags", "") + tags
    app.add_js_file("lr-versions.js", loading_method="defer")
    if made.released:
        # For readers without scripts too.
        link = f'<p class="lr-stamp lr-all-versions"><a href="{_site(page)}versions/">All versions</a></p>'
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + link


def _write_late(writer, node: LateNode) -> None:
    builder, app = writer.builder, writer.builder.app
    if node["what"] == "review-status":
        words = status(app.config.lr_stamp, where_to_get(Path(app.srcdir), app.config.lr_stamp))
        words = re.sub("`(.+?)`", r'<code class="literal">\1</code>', escape(words))
        writer.body.append(f"<p>{words}</p>\n")
    else:
        # Documents are set from the single page, and have no files beside them.
        folder = f"{'../' * builder.current_docname.count('/')}{FILES}/" if builder.name == "html" else ""
        writer.body.append(_last_version(app, "apa", "vancouver", "bibtex"))
        writer.body.append(all_forms(_work(app), folder))
    raise nodes.SkipNode


# ---- which version a page is


def head(made: Stamp, page: str) -> str:
    """Write what only machines read of a page's version; ``page`` is its path inside the version."""
    if not made.released:
        label = f'<meta name="review-draft" content="{escape(made.label)}" />'
        return f'\n<meta name="robots" content="noindex" />\n{label}'
    # Relative unless the address is known, so that the copy in latest/ points to the version too.
    address = f"{made.url or _site(page)}{made.version}/{quote(page)}"
    return (
        f'\n<meta name="review-version" content="{escape(made.version)}" />'
        f'\n<link rel="canonical" href="{escape(address)}" />'
    )


def status(made: Stamp, where: str) -> str:
    """Tell whether a text is a version; ``where`` tells how to obtain the version, or the last one."""
    if made.released:
        said = f"This is version {made.version}; it will not change."
    elif made.version.endswith(".0"):
        return "This is an unreleased draft. No version has been released yet."
    else:
        said = f"This is an unreleased draft, newer than version {made.version}, and may still change. "
        said += f"Please cite version {made.version}."
    return f"{said} {f'Its address is {where}' if where.startswith('http') else where}".strip()


def _site(page: str) -> str:
    """Go from a page to the folder that holds all versions."""
    return "../" * (page.count("/") + 1)


def _check_moved(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse a page that is said to have moved but is here, or whose successor never was."""
    moved, here = app.config.lr_moved, env.found_docs
    faults = [f"{old} is still a page" for old in moved if old in here]
    faults += [f"{old}: no page {new}" for old, new in moved.items() if new not in here and new not in moved]
    faults += [f"{old} moves in a circle" for old in moved if not successor(old, moved)]
    if faults:
        raise ExtensionError(f"_config.yml: lr_moved: {'; '.join(sorted(faults))}")


def _redirects(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield a page that leads on to its successor for each page that moved."""
    for old in app.config.lr_moved if app.builder.name == "html" else ():
        new = successor(old, app.config.lr_moved)
        way = app.builder.get_relative_uri(old, new)
        onward = f'<meta http-equiv="refresh" content="0; url={escape(way)}" />'
        told = {"title": "This page has moved", "onward": way, "metatags": onward}
        yield old, told | {"to": app.env.titles[new].astext()}, "moved.html"


def successor(page: str, moved: Mapping[str, str]) -> str:
    """Follow a page that moved to where it is now; one that moves in a circle is nowhere."""
    for _ in moved:
        page = moved.get(page, page)
    return "" if page in moved else page


# ---- how to cite it


def _work(app: Sphinx, pagename: str = "") -> Work:
    """Return what a page holds: a chapter, or the review as a whole."""
    if pagename not in app.env.found_docs or pagename == app.config.root_doc:
        return Work(app.config.lr_stamp)
    return Work(app.config.lr_stamp, chapter=app.env.titles[pagename].astext(), page=pagename)


def _last_version(app: Sphinx, *forms: str) -> str:
    """On a draft, show first how to cite the version that it asks to cite."""
    last = app.config.lr_version_before
    if last is None:
        return ""
    cited = "".join(_text(last, form) for form in forms)
    return f"<p>Version {last.stamp.version}, which will not change:</p>{cited}<p>This unreleased draft:</p>"


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


def _cite_here(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
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
        f"</summary>{_last_version(app, 'apa')}{_text(work, 'apa')}{_text(work, 'bibtex')}{more}</details>"
    )
    app.add_js_file("lr-cite.js", loading_method="defer")


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
        *[("citation_author", inverted(author)) for author in stamp.authors],
        ("citation_publication_date", f"{stamp.day:%Y/%m/%d}"),
        ("citation_inbook_title", stamp.title if work.chapter else ""),
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
    stamp, card, evidence = work.stamp, work.stamp.card, f"{work.base}#evidence"
    # The licence of text and data stands first.
    licence = [card["license"]] if isinstance(card.get("license"), str) else card.get("license") or [""]
    common = {
        "version": stamp.label,
        "creativeWorkStatus": "Published" if stamp.released else "Draft",
        "datePublished": stamp.date if stamp.released else "",
        "dateModified": stamp.date,
        "inLanguage": "en",
        "license": _TERMS.get(licence[0], licence[0] and f"https://spdx.org/licenses/{licence[0]}.html"),
        "url": work.base,
    }
    people = [_agent(*pair) for pair in zip(stamp.names, stamp.authors, strict=True)]
    known = {name: card.get(name) for name in ("abstract", "keywords")}
    whole = common | {"@type": "ScholarlyArticle", "name": stamp.title}
    whole["identifier"] = _identifiers(evidence_hash=stamp.evidence, doi=stamp.doi)
    article = whole | {
        "headline": work.title,
        "name": work.title,
        "author": people,
        "url": work.url,
        "isBasedOn": {"@id": evidence},
    }
    own = _identifiers(evidence_hash=stamp.evidence)
    article |= {"identifier": own, "isPartOf": filled(whole)} if work.chapter else known
    dataset = common | {
        "@type": "Dataset",
        "@id": evidence,
        "name": f"The evidence of: {stamp.title}",
        "description": known["abstract"],
        "creator": people,
        "keywords": known["keywords"],
        "isAccessibleForFree": True,
        "identifier": own,
    }
    return [filled(article), filled(dataset)]


def _identifiers(**named: str) -> list[dict]:
    return [
        {"@type": "PropertyValue", "propertyID": name.replace("_", " "), "value": value}
        for name, value in filled(named).items()
    ]


def _agent(name: str, author: dict[str, str]) -> dict:
    if "literal" in author:
        return {"@type": "Organization", "name": name}
    return {"@type": "Person", "name": name, "givenName": author["given"], "familyName": author["family"]}
