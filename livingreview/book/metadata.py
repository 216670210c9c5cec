"""Write into each page's head what reference managers and search engines read there."""

from html import escape

from livingreview.formats import inert_json
from livingreview.release.cite import Author, Work, filled
from livingreview.release.stamp import ARTICLE

_TERMS = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


def head_tags(work: Work) -> str:
    """Describe the review, or the chapter that a page holds, in Highwire tags and in JSON-LD."""
    tags = [f'<meta name="{name}" content="{escape(said)}" />' for name, said in _highwire(work) if said]
    data = inert_json({"@context": "https://schema.org", "@graph": [_article(work), _dataset(work)]})
    return "\n".join([*tags, f'<script type="application/ld+json">{data}</script>'])


def _highwire(work: Work) -> list[tuple[str, str]]:
    # These tags have no place for a version, so a draft says in its title that it is one.
    title = work.title if work.stamp.released else f"{work.title} ({work.edition.lower()})"
    return [
        ("citation_title", title),
        *[("citation_author", author.inverted) for author in work.authors],
        ("citation_publication_date", f"{work.day:%Y/%m/%d}"),
        ("citation_inbook_title", work.review if work.chapter else ""),
        ("citation_language", "en"),
        ("citation_keywords", "; ".join(work.stamp.card.get("keywords", ()))),
        ("citation_doi", work.stamp.doi),
        ("citation_public_url", work.url),
        ("citation_pdf_url", work.base and f"{work.base}{work.stamp.name}{ARTICLE}"),
    ]


def _article(work: Work) -> dict:
    """Describe the review or a chapter; a chapter has no DOI of its own."""
    said = _common(work) | {"@type": "ScholarlyArticle", "headline": work.title, "name": work.title}
    said |= {"author": [_agent(author) for author in work.authors], "url": work.url}
    said |= {"identifier": _identifiers(work, work.stamp.doi), "isBasedOn": {"@id": _data_id(work)}}
    if not work.chapter:
        return filled(said | {name: work.stamp.card.get(name) for name in ("abstract", "keywords")})
    whole = {"@type": "ScholarlyArticle", "name": work.review, "url": work.base}
    whole |= {"identifier": said["identifier"]}
    return filled(said | {"identifier": _identifiers(work), "isPartOf": filled(_common(work) | whole)})


def _dataset(work: Work) -> dict:
    """Describe the evidence in ``data/``."""
    said = {
        "@type": "Dataset",
        "@id": _data_id(work),
        "name": f"The evidence of: {work.review}",
        "description": work.stamp.card.get("abstract"),
        "creator": [_agent(author) for author in work.authors],
        "keywords": work.stamp.card.get("keywords"),
        "isAccessibleForFree": True,
        "identifier": _identifiers(work),
        "url": work.base,
    }
    return filled(_common(work) | said)


def _common(work: Work) -> dict:
    stamp, licence = work.stamp, work.stamp.card.get("license") or ""
    # That of text and data stands first.
    name = licence if isinstance(licence, str) else licence[0]
    return {
        "version": stamp.label,
        "creativeWorkStatus": "Published" if stamp.released else "Draft",
        "datePublished": stamp.date if stamp.released else "",
        "dateModified": stamp.date,
        "inLanguage": "en",
        "license": _TERMS.get(name, name and f"https://spdx.org/licenses/{name}.html"),
    }


def _identifiers(work: Work, doi: str = "") -> list[dict]:
    named = filled({"evidence hash": work.stamp.evidence, "doi": doi})
    return [{"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in named.items()]


def _agent(author: Author) -> dict:
    if not author.given:
        return {"@type": "Organization", "name": author.name}
    names = {"givenName": author.given, "familyName": author.name}
    return {"@type": "Person", "name": f"{author.given} {author.name}", **names}


def _data_id(work: Work) -> str:
    return f"{work.base}#evidence"
