"""Writes a citation as a sentence of a reference list: APA and Vancouver."""

from alsreview.release.work import Work

_VANCOUVER_AUTHORS = 6


def apa(work: Work) -> str:
    """Cite in the manner of the APA's Publication Manual, seventh edition.

    Notes
    -----
    With the day, since a living review may change within a month, and with the evidence hash.
    """
    names = [
        f"{author.name}, {author.initials('.', ' ')}" if author.given else author.name
        for author in work.authors
    ]
    authors = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    day = f"({work.day.year}, {work.month} {work.day.day})"
    edition = ", ".join(part for part in (work.edition, work.evidence) if part)
    own = f"{work.title} [{work.label}]" if work.figure else work.title
    inside = [f"In {work.review}"] if work.chapter else []
    if work.figure:
        inside = [f"In {work.chapter}", *inside]
    *before, last = [own, *inside]
    parts = [authors, day, *before, f"{last} ({edition})"]
    return " ".join([*map(_stop, parts), *_place(work)])


def vancouver(work: Work) -> str:
    """Cite in the Vancouver manner, after the National Library of Medicine's Citing Medicine.

    Notes
    -----
    Place and publisher are left out: the review has neither.
    """
    authors = [
        f"{author.name} {author.initials('', '')}" if author.given else author.name for author in work.authors
    ]
    more = ["et al"] if len(authors) > _VANCOUVER_AUTHORS else []
    review = f"{work.review} [Internet]" if work.url or work.doi else work.review
    parts = [", ".join([*authors[:_VANCOUVER_AUTHORS], *more])]
    parts += [work.chapter, f"In: {review}"] if work.chapter else [review]
    parts += [work.edition, f"{work.day.year} {work.month[:3]} {work.day.day}"]
    parts += [f"{work.label}, {work.title}"] if work.figure else []
    parts += [work.evidence.capitalize()] if work.evidence else []
    places = [f"Available from: {work.url}"] if work.url else []
    places += [f"doi: {work.doi}"] if work.doi else []
    return " ".join([*map(_stop, parts), *places])


def _place(work: Work) -> list[str]:
    if work.doi:
        return [f"https://doi.org/{work.doi}"]
    return [work.url] if work.url else []


def _stop(text: str) -> str:
    """End a sentence; a question has its end already."""
    return text if text.endswith((".", "?", "!", "。", "？", "！")) else f"{text}."
