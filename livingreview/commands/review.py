"""Commands that start a review, check and build it, and follow its results."""

import shlex
import sys
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path

from livingreview.commands import argument, command, one_of, say
from livingreview.evidence import check_evidence, evidence_hash, load_evidence
from livingreview.evidence.files import replace_file
from livingreview.formats import count
from livingreview.instance.answers import QUESTIONS, fault, tidy
from livingreview.schema import DataError, Fault

_AUTHORS = "'Family, Given', or the name of a group; once for each author"


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"expected a port from 0 to 65535, found {text!r}")
    return int(text)


@command(
    "start a new review in a folder; on a terminal it asks for what is not given",
    argument("folder", type=Path, metavar="DIR", help="folder of the review, new or empty"),
    *(argument(f"--{name}", metavar="TEXT", help=each.asks) for name, each in QUESTIONS.items()),
    argument("--author", action="append", default=[], dest="authors", metavar="NAME", help=_AUTHORS),
    argument(
        "--engine", help="engine to pin: its folder, or git+https://...@COMMIT (default: the one that runs)"
    ),
    example="hip --module hipreview --intervention physiotherapy --outcome pain",
    root=False,
)
def new(folder, authors, engine, **given):
    from livingreview.instance.engine import engine_at, engine_here
    from livingreview.instance.make import make

    pinned = engine_at(engine) if engine else engine_here()
    answers, assumed = _answers(given)
    make(folder.absolute(), answers, list(map(tidy, authors)), pinned, date.today())
    for name in assumed:
        print(f"note: --{name} was not given: {answers[name]}")
    print(f"{folder}: a new review; its README.md says what to do next. To build the book:")
    # Make would take python3, which can be a version that does not suit the engine.
    words = shlex.join(["make", "book", f"PYTHON={Path(sys.executable).resolve()}"])
    print(f"  cd {shlex.quote(str(folder.absolute()))} && {words}")


def _answers(given: dict[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Take the answers from the options, from the terminal, or from the defaults, and list the last."""
    answers, assumed = {}, []
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    for name, question in QUESTIONS.items():
        default = question.default(answers)
        if given[name] is not None:
            answers[name] = tidy(given[name])
        elif asking:
            answers[name] = _ask(name, question.asks, default, answers)
        else:
            answers[name] = default
            assumed += [name] if default else []
    return answers, assumed


def _ask(name: str, asks: str, default: str, answers: dict[str, str]) -> str:
    """Ask on the terminal until the answer can stand."""
    shown = f" [{default}]" if default else ""
    while True:
        try:
            told = tidy(input(f"{asks[0].upper()}{asks[1:]}{shown}: ")) or default
        except EOFError:
            raise ValueError("stopped before the last question; nothing was written") from None
        if not (wrong := fault(name, told, answers)):
            return told
        print(wrong)


@command(
    "move to another engine and show what it changes",
    argument(
        "to",
        nargs="?",
        default="",
        help="a commit, tag or branch of the engine, an address git+https://...@COMMIT, or the folder of a "
        "checkout (default: the newest commit)",
    ),
    example="COMMIT",
)
def upgrade(root, to):
    from livingreview.instance.engine import upgrade

    return 0 if upgrade(root, to, say) else 1


@command("check every file of data/ and every statement of the chapters")
def check(root):
    return _check(root, text=True)


def _check(root: Path, *, text: bool) -> int:
    """Check the data and, where wanted, the text; what a figure looks like is only warned of."""
    from livingreview.release.records import missing_history, record_faults

    if faults := [*check_evidence(root), *record_faults(root)]:
        files = len({fault.path for fault in faults})
        print(DataError(faults))
        print(f"{count(len(faults), 'fault')} in {count(files, 'file')}", file=sys.stderr)
        return 1
    # Weighing figures needs distributions, which take a while to import.
    from livingreview.plausibility import plausibility

    faults, false = _text_faults(root) if text else ([], [])
    if faults:
        print(*faults, sep="\n")
        print(f"{count(len(faults), 'fault')} in the text", file=sys.stderr)
        return 1
    queries = [*plausibility(load_evidence(root), today=date.today()), *missing_history(root)]
    for query in queries:
        print(f"warning: {query}")
    _warn_of(false)
    warnings = len(queries) + len(false)
    asked = f", with {count(warnings, 'warning')}" if warnings else ""
    print(f"The evidence is well formed{asked}; its hash is {evidence_hash(root)}.")
    return 0


def _text_faults(root: Path) -> tuple[list[Fault], list[Fault]]:
    """List what is wrong in the chapters, and apart from it the false statements that a draft marks."""
    from livingreview.facts import FACTS, kept_facts
    from livingreview.statements import is_draft, statement_faults

    facts = kept_facts(root, root / "_build" / FACTS)
    faults = statement_faults(root, facts)
    if not is_draft():
        return faults, []
    stopping = statement_faults(root, facts, truth=False)
    return stopping, [fault for fault in faults if fault not in stopping]


def _warn_of(false: list[Fault]) -> None:
    """Print where a draft marks statements that do not hold, and how many."""
    for statement in false:
        print(f"warning: {statement}")
    if false:
        verb, marked = ("does", "it is") if len(false) == 1 else ("do", "they are")
        print(f"{count(len(false), 'statement')} {verb} not hold; {marked} marked in the draft.")


@command(
    "list the facts that chapters can use",
    argument("name", nargs="?", default="", help="only facts whose names begin with this"),
    argument("--audit", action="store_true", help="list typed words that may depend on results"),
    example="review.",
)
def facts(root, name, audit):
    from livingreview.facts import review_facts
    from livingreview.reviews import Review
    from livingreview.statements import loaded_words

    if audit:
        print(*loaded_words(root), sep="\n")
        return
    named = {each: fact for each, fact in review_facts(Review(root)).items() if each.startswith(name)}
    if not named:
        raise ValueError(f"expected the beginning of a fact's name, found {name!r}")
    width = max(map(len, named))
    print(*(f"{each:{width}}  {fact}" for each, fact in sorted(named.items())), sep="\n")


@command(
    "check the data, then build the pages and the PDF",
    argument("--no-pdf", action="store_true", help="build the pages only"),
)
def build(root, no_pdf):
    # The book itself refuses a text that does not hold, with the facts that it needs anyway.
    if _check(root, text=False):
        print("Nothing was built: correct the data first.", file=sys.stderr)
        return 1
    # Sphinx takes a second to import; the other commands need not wait for it.
    from livingreview.book import build
    from livingreview.statements import is_draft

    built = build(root, pdf=not no_pdf, echo=print)
    for part, seconds in built.seconds.items():
        print(f"{part:<10} {seconds:6.1f} s")
    if is_draft():
        _warn_of(_text_faults(root)[1])
    print(*[path for path in (built.html, built.pdf) if path], sep="\n")
    return 0


@command(
    "serve the built book on this computer",
    argument("--port", type=_port, default=8000, help="port on localhost (default: %(default)s)"),
    argument("--site", action="store_true", help="serve the site of all versions instead"),
)
def serve(root, port, site):
    from livingreview.book import serve

    serve(root, port, site=site, echo=print)


@command(
    "check every link in the review",
    argument("--report", type=Path, help="file for the broken links, as Markdown"),
)
def links(root, report):
    from livingreview.book import links

    found, asked = links.check_links(root)
    for link in found:
        print(f"{link.place}: {link.address}: {'broken' if link.gone else 'not judged'} ({link.said})")
    gone = sum(link.gone for link in found)
    print(f"{count(asked, 'link')} asked, {gone} broken")
    if report:
        replace_file(report, links.report(found, asked).encode())
    return int(gone > 0)


@command(
    "trace a result to its rows of data and their sources",
    argument("analysis_id", help="an analysis of data/protocol.yml"),
    example="ANALYSIS",
)
def trace(root, analysis_id):
    from livingreview.reviews import Review
    from livingreview.trace import trace

    print(*trace(Review(root)[analysis_id]), sep="\n")


@command(
    "estimate coverage, bias and power of the primary analysis by simulation",
    argument("--analysis", help="a pooled one of data/protocol.yml (default: the first)"),
    argument("--replicates", type=int, default=10_000, help="per combination (default: %(default)s)"),
    argument(
        "--seed", type=int, default=1, help="the same seed gives the same numbers (default: %(default)s)"
    ),
    one_of(
        argument("--workers", type=int, help="processes (default: one per core)"),
        argument("--dask", metavar="ADDRESS", help="scheduler of a cluster, such as tcp://host:8786"),
    ),
    argument("--out", type=Path, help="file to write the table to, as CSV"),
)
def simulate(root, analysis, replicates, seed, workers, dask, out):
    from rich.console import Console
    from rich.progress import Progress

    from livingreview.reviews import Review
    from livingreview.statistics.simulation import in_parallel, simulate

    if out:
        # Before hours of work, not after them.
        if out.is_dir():
            raise ValueError(f"{out}: a folder; expected a file to write the table to")
        out.parent.mkdir(parents=True, exist_ok=True)
    review = Review(root)
    pooled = (name for name, each in review.items() if each.choice["synthesis"] == "pool")
    # On standard error, so that the table can be redirected.
    with Progress(console=Console(stderr=True)) as progress:

        def run(blocks):
            task = progress.add_task("Simulating", total=len(blocks))
            return in_parallel(workers, dask, lambda: progress.advance(task))(blocks)

        analysis = analysis or next(pooled, next(iter(review)))
        table = simulate(analysis, review.evidence, replicates=replicates, seed=seed, run=run)
    print(table.drop(columns=["tau2", "replicates"]).to_string(index=False, float_format="{:.3f}".format))
    if out:
        replace_file(out, table.to_csv(index=False).encode())
