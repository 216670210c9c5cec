"""Works to cite whose titles and names try to break out of every format."""

from alsreview.release.stamp import make_stamp
from alsreview.release.work import Work

ORGANISATION = "The group of arms and legs, {North} & South"
HOSTILE = [
    "A & B of 50% {braces} with_under # and $",
    "Quotes \"double\" and 'single' and a back\\slash",
    "An open { brace, then ~ and ^",
    "</script><!-- <b>bold</b> <i>",
    "Greek αβγ, 中文标题, é, minus −1",
    "Two\nlines\r\nER  - \nTY  - BOOK",
]


def work(*, released=True, title="A review", names=({"name": ORGANISATION},), **more):
    card = {
        "cff-version": "1.2.0",
        "message": "Cite it.",
        "type": "dataset",
        "title": title,
        "authors": list(names),
        "version": more.pop("version", "2026.1"),
        "license": ["CC-BY-4.0", "MIT"],
        "keywords": ["one", "two"],
        **more.pop("card", {}),
    }
    # 3 April 2026 in UTC
    stamp = make_stamp(
        card, evidence="0123456789abcdef", seconds=1775200000, commit="c" * 40, released=released
    )
    return Work(stamp, card, **more)


def chapter(**more):
    return work(chapter="Does it help?", page="chapters/help", **more)


PUBLISHED = {
    "url": "https://example.org/als",
    "doi": "10.5281/zenodo.11",
    "identifiers": [{"type": "doi", "value": "10.5281/zenodo.10", "description": "All versions."}],
}
