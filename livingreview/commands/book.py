"""Commands that check the evidence, and build and show the book."""

import sys
from datetime import date
from pathlib import Path

from livingreview.commands.parts import command, port
from livingreview.evidence import Evidence, evidence_hash, find_root, load_evidence
from livingreview.evidence.check import with_citation
from livingreview.evidence.files import replace_file
from livingreview.formats import count
from livingreview.schema import DataError, Fault


def register(commands) -> None:
    """Add the commands that check, build and show the book."""
    command(commands, "check", _check, "check every file of data/ and every statement of the chapters")
    facts = command(commands, "facts", _facts, "list the facts that chapters can use", "review.")
    facts.add_argument("name", nargs="?", default="", help="only facts whose names begin with this")
    facts.add_argument("--audit", action="store_true", help="list typed words that may depend on results")
    build = command(commands, "build", _build, "check the data, then build the pages and the PDF")
    build.add_argument("--no-pdf", action="store_true", help="build the pages only")
    serve = command(commands, "serve", _serve, "serve the built book on this computer")
    serve.add_argument("--port", type=port, default=8000, help="port on localhost (default: %(default)s)")
    serve.add_argument("--site", action="store_true", help="serve the site of all versions instead")
    links = command(commands, "links", _links, "check every link in the review")
    links.add_argument("--report", type=Path, help="file for the broken links, as Markdown")


def _check(arguments, *, text: bool = True) -> int:
    root = find_root(arguments.root)
    try:
        evidence = _checked(root)
    except DataError as error:
        print(error)
        files = len({fault.path for fault in error.faults})
        print(f"{count(len(error.faults), 'fault')} in {count(files, 'file')}", file=sys.stderr)
        return 1
    # Weighing figures needs distributions, which take a while to import.
    from livingreview.plausibility import plausibility

    # A data query never stops a build.
    faults, false = _text_faults(root) if text else ([], [])
    if faults:
        print(*faults, sep="\n")
        print(f"{count(len(faults), 'fault')} in the text", file=sys.stderr)
        return 1
    from livingreview.release.records import missing_history

    queries = [*plausibility(evidence, today=date.today()), *missing_history(root)]
    for query in queries:
        print(f"warning: {query}")
    _warn_of(false)
    warnings = len(queries) + len(false)
    asked = f", with {count(warnings, 'warning')}" if warnings else ""
    print(f"The evidence is well formed{asked}; its hash is {evidence_hash(root)}.")
    return 0


def _checked(root: Path) -> Evidence:
    """Load the evidence, or raise with its faults, those of its files and those of the citation."""
    try:
        evidence = load_evidence(root, chapters=True)
    except DataError as error:
        raise DataError(with_citation(root, error.faults)) from None
    from livingreview.release.records import record_faults

    if faults := with_citation(root, record_faults(root)):
        raise DataError(faults)
    return evidence


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
    for fault in false:
        print(f"warning: {fault}")
    if false:
        verb, marked = ("does", "it is") if len(false) == 1 else ("do", "they are")
        print(f"{count(len(false), 'statement')} {verb} not hold; {marked} marked in the draft.")


def _facts(arguments) -> int:
    from livingreview.facts import review_facts
    from livingreview.reviews import Review

    if arguments.audit:
        from livingreview.statements import loaded_words

        print(*loaded_words(find_root(arguments.root)), sep="\n")
        return 0
    found = review_facts(Review(arguments.root))
    named = {name: value for name, value in found.items() if name.startswith(arguments.name)}
    if not named:
        raise ValueError(f"expected the beginning of a fact's name, found {arguments.name!r}")
    width = max(map(len, named))
    print(*(f"{name:{width}}  {value}" for name, value in sorted(named.items())), sep="\n")
    return 0


def _build(arguments) -> int:
    root = find_root(arguments.root)
    # The book itself refuses a text that does not hold, with the facts that it needs anyway.
    if _check(arguments, text=False):
        print("Nothing was built: correct the data first.", file=sys.stderr)
        return 1
    # Sphinx takes a second to import; the other commands need not wait for it.
    from livingreview.book import build

    built = build(root, pdf=not arguments.no_pdf, echo=print)
    for part, seconds in built.seconds.items():
        print(f"{part:<10} {seconds:6.1f} s")
    from livingreview.statements import is_draft

    if is_draft():
        _warn_of(_text_faults(root)[1])
    print(*[path for path in (built.html, built.pdf) if path], sep="\n")
    return 0


def _serve(arguments) -> int:
    from livingreview.book import serve

    serve(find_root(arguments.root), arguments.port, site=arguments.site, echo=print)
    return 0


def _links(arguments) -> int:
    from livingreview.book.links import check_links, report

    links, asked = check_links(find_root(arguments.root))
    for link in links:
        print(f"{link.place}: {link.address}: {'broken' if link.gone else 'not judged'} ({link.said})")
    gone = sum(link.gone for link in links)
    print(f"{count(asked, 'link')} asked, {gone} broken")
    if arguments.report:
        replace_file(arguments.report, report(links, asked).encode())
    return int(gone > 0)
