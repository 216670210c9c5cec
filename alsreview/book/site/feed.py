"""Lists what a feed tells of: versions, and searches whether or not they found something."""

from collections.abc import Iterable
from dataclasses import dataclass

from alsreview.book.site.entries import Entry
from alsreview.exhibits.searches import SearchEvent


@dataclass(frozen=True)
class Item:
    """One entry of the feed, in the words of Atom."""

    id: str
    title: str
    updated: str
    link: str
    summary: str


def feed_items(listed: list[Entry], searches: Iterable[SearchEvent], url: str) -> list[Item]:
    """List the items of the feed, newest first.

    Parameters
    ----------
    listed : the versions, newest first
    searches : the days on which we searched
    url : address of the site, ending in a slash
    """
    told = [
        Item(
            entry.id,
            f"Version {entry.version}",
            entry.moment,
            f"{url}{entry.version}/index.html",
            " ".join([entry.news, *entry.answers.values()]).strip(),
        )
        for entry in listed
    ]
    told += [
        Item(
            # The first version never changes, so neither does what is named by it.
            listed[-1].named(f"search {event.date}"),
            f"Search of {event.date}",
            f"{event.date}T00:00:00+00:00",
            f"{url}versions/#searches",
            event.words,
        )
        for event in searches
    ]
    return sorted(told, key=lambda item: item.updated, reverse=True)
