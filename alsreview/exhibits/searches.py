"""Shows what the databases and registries are asked, word for word."""

from html import escape

import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.tables import Table, html_table


def search_queries_table(*, root=None) -> Table:
    """List the queries with their day, their reason and what each must find again."""
    columns = {
        "source": "Source",
        "query": "Query",
        "written": "Written",
        "reason": "Rationale",
        "must_find": "Known records the search must retrieve",
    }
    rows = [
        {
            "source": source,
            "query": name,
            "written": f"{told['written']:%-d %B %Y}",
            "reason": told["reason"],
            "must_find": ", ".join(told["must_find"]),
        }
        for source, name, told in _queries(root)
    ]
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption="Search strategies", columns=columns)


def search_queries_text(*, root=None) -> Table:
    """Print every query as it is sent, and who has peer-reviewed the queries.

    In a table the queries would be a narrow column.
    """
    parts = [
        f"<p>{escape(f'{source}, {name}')} (<code>{escape(key)}</code>):<br>\n<code>{escape(sent)}</code></p>"
        for source, name, told in _queries(root)
        for key, sent in told["parameters"].items()
    ]
    parts.append(f"<p>{escape(_peer_review_words(root))}</p>")
    return Table("\n".join(parts))


def _peer_review_words(root) -> str:
    """Say who has peer-reviewed the queries, once for all sources that say the same."""
    said = [file["peer_review"] for file in load_evidence(root).queries.values()]
    return " ".join(dict.fromkeys(said)) or "There is no query yet."


def _queries(root) -> list[tuple[str, str, dict]]:
    files = load_evidence(root).queries.values()
    return [(file["source"], name, told) for file in files for name, told in file["queries"].items()]
