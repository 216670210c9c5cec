"""Writes for whoever judges them the records that wait, as Markdown in which nothing found is markup."""

from collections.abc import Iterable, Mapping

from alsreview.formats import count

# An issue of GitHub holds 65,536 characters.
MOST = 120


def report(rows: Iterable[Mapping], faults: Iterable[str]) -> str:
    """List the candidates and what could not be searched; nothing when there is neither."""
    rows, faults = list(rows), list(faults)
    if not rows and not faults:
        return ""
    lines = [
        f"{count(len(rows), 'record')} of our searches {'waits' if len(rows) == 1 else 'wait'} to be judged."
    ]
    lines += ["", "`python -m alsreview screen` takes what you decide on one of `data/candidates.csv`.", ""]
    if faults:
        lines += ["Not searched this time, and asked again next time:", ""]
        lines += [f"- {_plain(fault, 300)}" for fault in faults] + [""]
    lines += [_item(row) for row in rows[:MOST]]
    if len(rows) > MOST:
        lines.append(f"- and {len(rows) - MOST} more in `data/candidates.csv`")
    return "\n".join([*lines, ""])


def _item(row: Mapping) -> str:
    told = {key: value for key, value in row.items() if value is not None and value == value and value != ""}
    when = str(int(told["year"])) if "year" in told else "year not given"
    parts = [_plain(told["title"], 200), _plain(told.get("authors", "authors not given"), 60), when]
    return f"- {_plain(told['record_id'], 60)}: {', '.join(parts)} ({_plain(told['reason'], 160)})"


def _plain(text: str, most: int) -> str:
    """Show a text as code: no mention, link or markup can be made of it."""
    shown = " ".join(str(text).replace("`", "'").split())
    return f"`{shown if len(shown) <= most else shown[: most - 3] + '...'}`"
