"""Shows on the terminal how far the searches are."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from alsreview.surveillance.sources import Progress as Tell


@contextmanager
def shown_progress() -> Iterator[Tell]:
    """Draw a bar for each query on a terminal; elsewhere nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("records"))
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def tell(label: str, n: int, of: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(escape(label), total=of)
            bars.update(tasks[label], completed=n, total=of)

        yield tell
