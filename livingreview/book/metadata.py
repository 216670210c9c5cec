"""Writes into each page's head what reference managers and search engines read there."""

from html import escape

from livingreview.formats import inert_json
from livingreview.release.cite import Author, Work, cite, filled, licence_address
from livingreview.release.documents import ARTICLE


def head_tags(work: Work) -> str:
    """Describe a page in Highwire and Dublin Core tags and in JSON-LD.

    Parameters
    ----------
    work : the review, or the chapter that the page holds
    """
    tags = [_meta(name, content) for name, content in [*_highwire(work), *_dublin_core(work)] if content]
    data = inert_json({"@context": "https://schema.org", "@graph": [article(work), dataset(work)]})
    return "\n".join([*tags, f'<script type="application/ld+json">{data}</script>'])


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content)}" />'


def _highwire(work: Work) -> list[tuple[str, str]]:
    return [
        ("citation_title", _title(work)),
        *[("citation_author", author.inverted) for author in work.authors],
        ("citation_publication_date", f"{work.day:%Y/%m/%d}"),
        ("citation_inbook_title", work.review if work.chapter else ""),
        ("citation_language", "en"),
        ("citation_keywords", "; ".join(work.stamp.card.get("keywords", ()))),
        ("citation_doi", work.doi),
        ("citation_public_url", work.url),
        ("citation_pdf_url", work.base and f"{work.base}{work.stamp.name}{ARTICLE}"),
    ]


def _dublin_core(work: Work) -> list[tuple[str, str]]:
    return [
        ("DC.title", _title(work)),
        *[("DC.creator", author.inverted) for author in work.authors],
        ("DC.date", work.stamp.date),
        ("DC.type", "Text"),
        ("DC.format", "text/html"),
        ("DC.language", "en"),
        ("DC.description", "" if work.chapter else work.stamp.card.get("abstract", "")),
        ("DC.identifier", work.doi and f"doi:{work.doi}"),
        ("DC.identifier", work.url),
        ("DC.rights", licence_address(work.stamp.card)),
        ("DCTERMS.isPartOf", work.review if work.chapter else ""),
        ("DCTERMS.bibliographicCitation", cite(work)),
    ]


def _title(work: Work) -> str:
    """Name the page; these tags have no place for a version, so a draft says here that it is one."""
    return work.title if work.stamp.released else f"{work.title} ({work.edition.lower()})"


def article(work: Work) -> dict:
    """Describe the review or a chapter as schema.org's ``ScholarlyArticle``."""
    said = _common(work) | {"@type": "ScholarlyArticle", "headline": work.title, "name": work.title}
    said |= {"author": [_agent(author) for author in work.authors], "url": work.url}
    if work.chapter:
        said["isPartOf"] = _common(work) | {
            "@type": "ScholarlyArticle",
            "name": work.review,
            "url": work.base,
            "identifier": _identifiers(work, with_doi=True),
        }
        said["isPartOf"] = filled(said["isPartOf"])
    else:
        said |= {"abstract": work.stamp.card.get("abstract", ""), "keywords": work.stamp.card.get("keywords")}
    said["identifier"] = _identifiers(work, with_doi=not work.chapter)
    return filled(said | {"isBasedOn": {"@id": _data_id(work)}})


def dataset(work: Work) -> dict:
    """Describe the evidence in ``data/`` as schema.org's ``Dataset``."""
    said = {
        "@type": "Dataset",
        "@id": _data_id(work),
        "name": f"The evidence of: {work.review}",
        "description": work.stamp.card.get("abstract", ""),
        "creator": [_agent(author) for author in work.authors],
        "keywords": work.stamp.card.get("keywords"),
        "isAccessibleForFree": True,
        "identifier": _identifiers(work, with_doi=False),
        "url": work.base,
    }
    return filled(_common(work) | said)


def _common(work: Work) -> dict:
    stamp = work.stamp
    return {
        "version": stamp.label,
        "creativeWorkStatus": "Published" if stamp.released else "Draft",
        "datePublished": stamp.date if stamp.released else "",
        "dateModified": stamp.date,
        "inLanguage": "en",
        "license": licence_address(work.stamp.card),
    }


def _identifiers(work: Work, *, with_doi: bool) -> list[dict]:
    """List what names this text; a chapter has no DOI of its own."""
    named = [("evidence hash", work.stamp.evidence), ("doi", work.doi if with_doi else "")]
    return [{"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in named if value]


def _agent(author: Author) -> dict:
    if not author.given:
        return {"@type": "Organization", "name": author.name}
    names = {"givenName": author.given, "familyName": author.name}
    return {"@type": "Person", "name": f"{author.given} {author.name}", **names}


def _data_id(work: Work) -> str:
    return f"{work.base}#evidence"
