"""Shows what the databases and registries are asked, word for word."""

import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.tables import Table, html_table


def search_queries_table(*, root=None) -> Table:
    """Print every query as it is sent, with its day, its reason and what it must find again."""
    rows = [
        {
            "source": file["source"],
            "query": name,
            "sent": "; ".join(f"{key}: {text}" for key, text in told["parameters"].items()),
            "written": f"{told['written']:%-d %B %Y}",
            "reason": told["reason"],
            "must_find": ", ".join(told["must_find"]),
        }
        for file in load_evidence(root).queries.values()
        for name, told in file["queries"].items()
    ]
    columns = {
        "source": "Source",
        "query": "Query",
        "sent": "As it is sent",
        "written": "Written",
        "reason": "Why so",
        "must_find": "Must find again",
    }
    return html_table(
        pd.DataFrame(rows, columns=list(columns)),
        caption="The queries of our searches",
        columns=columns,
        classes="als-table als-breaks",
    )


def peer_review_words(*, root=None) -> str:
    """Say who has peer-reviewed the queries, once for all sources that say the same."""
    said = [file["peer_review"] for file in load_evidence(root).queries.values()]
    return " ".join(dict.fromkeys(said)) or "There is no query yet."
