"""Shows the reporting checklist: what each item asks, where the book answers it, and what is open."""

import pandas as pd

from livingreview.evidence import open_needs, place_titles
from livingreview.formats import DASH
from livingreview.reviews import Review
from livingreview.tables import Table, html_table

ANSWERED, PARTLY, NOT_YET = "reported", "partly reported", "not reported"


def checklist_table(review: Review, guideline: str) -> Table:
    """List the items of a guideline, with a link to where each is answered or the reason it is not.

    Parameters
    ----------
    guideline : "PRISMA 2020", "PRISMA-LSR" or "SWiM"
    """
    columns = {
        "name": "Item",
        "asks": "Item (paraphrased)",
        "state": "Status",
        "where": "Reported in",
        "and": "Also in",
        "lacks": "What is missing",
    }
    links = {"where": lambda row: _address(row["answered"]), "and": lambda row: _address(row["also"])}
    caption = f"Items of {guideline} and where they are reported"
    return html_table(_items(review, guideline), caption=caption, columns=columns, links=links)


def open_items_table(review: Review) -> Table:
    """Count the items of each guideline that are answered, answered in part, and not yet answered."""
    items = _items(review)
    counts = pd.crosstab(items["guideline"], items["state"]).reindex(
        columns=[ANSWERED, PARTLY, NOT_YET], fill_value=0
    )
    rows = counts.reset_index().assign(all=counts.sum(axis=1).tolist())
    columns = {
        "guideline": "Guideline",
        ANSWERED: "Reported",
        PARTLY: "Partly reported",
        NOT_YET: "Not reported",
    }
    return html_table(rows, caption="Items reported, by guideline", columns=columns | {"all": "Items"})


def _items(review: Review, guideline: str | None = None) -> pd.DataFrame:
    evidence = review.evidence
    titles, needs = place_titles(evidence.root), open_needs(evidence)
    items = [item for item in evidence.checklist.get("items", []) if guideline in (None, item["guideline"])]
    rows = [
        {key: item.get(key) for key in ("guideline", "item", "topic", "asks", "answered", "also")}
        | {
            "name": f"{item['item'].capitalize()}: {item['topic']}",
            "lacks": _lacks(item, needs),
        }
        | {"state": _state(item, needs)}
        | {"where": _words(item.get("answered"), titles), "and": _words(item.get("also"), titles)}
        for item in items
    ]
    # As objects, for a text column would turn None into a number that is none.
    return pd.DataFrame(rows, dtype=object)


def _state(item: dict, needs: dict[str, str]) -> str:
    if "answered" not in item:
        return NOT_YET
    return PARTLY if _lacks(item, needs) else ANSWERED


def _lacks(item: dict, needs: dict[str, str]) -> str:
    """Say what the data do not hold yet, and then what the item names itself."""
    typed = [item["not_yet"]] if "not_yet" in item else []
    return ". ".join([*(needs[need] for need in item.get("needs", ()) if need in needs), *typed])


def _words(place: str | None, titles: dict[str, str]) -> str:
    """Name a page and its heading as they are written; a page that is not there keeps its address."""
    if not place:
        return ""
    page, _, heading = place.partition("#")
    names = [titles.get(page) or page, *([titles.get(place, heading)] if heading else [])]
    # The title of a page is a heading too, and is said once.
    return f" {DASH} ".join(dict.fromkeys(names))


def _address(place: str | None) -> str | None:
    """Give the address of a page and heading, seen from a chapter."""
    if not place:
        return None
    page, mark, heading = place.partition("#")
    return f"../{page}.html{mark}{heading}"
