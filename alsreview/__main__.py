"""The command line: checks the evidence, builds the book, shows it, and keeps its versions."""

import argparse
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from alsreview.evidence import evidence_hash, find_root, load_evidence
from alsreview.evidence.together import alone
from alsreview.formats import count
from alsreview.schema import DataError

DIFFS = ("text", "markdown", "json")
CITATIONS = ("apa", "vancouver", "bibtex", "ris", "csl-json", "cff")


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 is well, 1 means that the data or the request are at fault, 2 wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (DataError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alsreview",
        description="The living review of exercise and brain stimulation in ALS.",
        epilog="Example: python -m alsreview check",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(commands, "check", _check, "check every file of data/ and list what is wrong")
    build = _command(commands, "build", _build, "check the data, then build the pages and the PDF")
    build.add_argument("--no-pdf", action="store_true", help="build the pages only")
    serve = _command(commands, "serve", _serve, "show the built book on this machine")
    serve.add_argument("--port", type=_port, default=8000, help="port on localhost (default: %(default)s)")
    trace = _command(
        commands, "trace", _trace, "follow a result to the rows and sources it came from", "exercise_function"
    )
    trace.add_argument("analysis_id", help="an analysis of data/protocol.yml")
    serve.add_argument("--site", action="store_true", help="show the site of all versions instead")
    site = _command(commands, "site", _site, "lay out every archived version as one site")
    site.add_argument("--url", default="", help="address of the site (default: that of CITATION.cff)")
    site.add_argument("--out", type=Path, help="folder of the site (default: _build/site)")
    release = _command(
        commands, "release", _release, "cut a version: commit, build, pack and tag it", "2026.1"
    )
    release.add_argument("version", help="year.number, the next in order")
    release.add_argument("--dry-run", action="store_true", help="do it all in a copy and throw that away")
    verify = _command(
        commands, "verify", _verify, "say which version something is and which bytes differ", "als-review.pdf"
    )
    verify.add_argument("target", help="a file, an archive, a folder, or the address of a version's folder")
    _cite_command(commands)
    _add_command(commands)
    _diff_command(commands)
    export = _command(commands, "export", _export, "write the evidence for other programs", "als-data")
    export.add_argument("folder", type=Path, metavar="DIR", help="new or empty folder, or an earlier export")
    _search_command(commands)
    links = _command(commands, "links", _links, "ask every address in the review whether it answers")
    links.add_argument("--report", type=Path, help="file to write the broken ones to, as Markdown")
    _simulate_command(commands)
    _command(commands, "rebuild", _rebuild, "build the commit twice and compare every byte")
    return parser


def _search_command(commands) -> None:
    search = _command(
        commands, "search", _search, "ask three sources for trials that the review does not know"
    )
    search.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    search.add_argument("--report", type=Path, help="file for the records that wait, as Markdown")
    search.add_argument("--finish", action="store_true", help="only end what a stopped run began to write")
    search.add_argument("--import", type=Path, dest="ris", metavar="RIS", help="read a RIS file instead")
    search.add_argument("--source", metavar="NAME", help="the database that the imported file is from")
    search.add_argument(
        "--export", type=Path, metavar="RIS", help="only write the records that wait to a RIS file"
    )


def _cite_command(commands) -> None:
    cite = _command(commands, "cite", _cite, "say how to cite the review, or one of its versions")
    cite.add_argument(
        "version", nargs="?", help="a released one, such as 2026.1 (default: the present state)"
    )
    cite.add_argument("--format", choices=CITATIONS, default="apa", help="its form (default: %(default)s)")


def _simulate_command(commands) -> None:
    simulate = _command(
        commands, "simulate", _simulate, "measure coverage, bias and power of the protocol's own analysis"
    )
    simulate.add_argument("--analysis", default="exercise_function", help="default: %(default)s")
    simulate.add_argument(
        "--replicates", type=int, default=10_000, help="per combination (default: %(default)s)"
    )
    simulate.add_argument(
        "--seed", type=int, default=1, help="the same gives the same numbers (default: %(default)s)"
    )
    where = simulate.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_positive, help="processes (default: one per core)")
    where.add_argument("--dask", metavar="ADDRESS", help="scheduler of a cluster, such as tcp://host:8786")
    simulate.add_argument("--out", type=Path, help="file to write the table to, as CSV")


def _add_command(commands) -> None:
    example = "braga2018 --doi 10.1155/2018/8218697"
    add = _command(commands, "add", _add, "begin the folder of a trial", example)
    add.add_argument("trial_id", help="first author and year, such as lunetta2016")
    for number, what in (("doi", "DOI of the report"), ("pmid", "its PubMed number")):
        add.add_argument(f"--{number}", default="", help=what)
    add.add_argument("--nct", default="", help="number at ClinicalTrials.gov")
    add.add_argument("--question", choices=("exercise", "nibs"), default="", help="what the trial is about")
    add.add_argument("--from-csv", type=Path, metavar="FILE", help="arms from a spreadsheet, saved as CSV")
    add.add_argument("--offline", action="store_true", help="ask no registry")
    add.add_argument("--even-if-retracted", action="store_true", help="add it as excluded")


def _diff_command(commands) -> None:
    moved = _command(commands, "diff", _diff, "say what moved since a commit or a version", "2026.1")
    known = "a commit, a branch or a version (default: %(default)s)"
    moved.add_argument("since", nargs="?", metavar="REF", default="HEAD", help=known)
    moved.add_argument("--format", choices=DIFFS, default="text", help="its form (default: %(default)s)")


def _command(commands, name: str, run, summary: str, example: str = "") -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: python -m alsreview {name} {example}".rstrip(),
    )
    command.add_argument(
        "--root", type=Path, help="folder of the review (default: the one around this folder)"
    )
    command.set_defaults(run=run)
    return command


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, found {text!r}")
    return int(text)


def _check(arguments) -> int:
    root = find_root(arguments.root)
    with alone(root):
        pass  # what a stopped run had begun is finished first
    try:
        evidence = load_evidence(root, chapters=True)
    except DataError as error:
        print(error)
        files = len({fault.path for fault in error.faults})
        print(f"{count(len(error.faults), 'fault')} in {count(files, 'file')}", file=sys.stderr)
        return 1
    # Weighing figures needs distributions, which take a while to import.
    from alsreview.plausibility import plausibility

    # A query never stops a build.
    queries = plausibility(evidence, today=date.today())
    for query in queries:
        print(f"warning: {query}")
    asked = f", with {count(len(queries), 'warning')}" if queries else ""
    print(f"The evidence is well formed{asked}; its hash is {evidence_hash(root)}.")
    return 0


def _build(arguments) -> int:
    root = find_root(arguments.root)
    if _check(arguments):
        print("Nothing was built: correct the data first.", file=sys.stderr)
        return 1
    # Sphinx takes a second to import; the other commands need not wait for it.
    from alsreview.book import build

    built = build(root, pdf=not arguments.no_pdf, echo=print)
    for part, seconds in built.seconds.items():
        print(f"{part:<10} {seconds:6.1f} s")
    print(*[path for path in (built.html, built.pdf) if path], sep="\n")
    return 0


def _serve(arguments) -> int:
    from alsreview.book import serve

    serve(find_root(arguments.root), arguments.port, site=arguments.site, echo=print)
    return 0


def _site(arguments) -> int:
    from alsreview.book.site import build_site

    print(build_site(arguments.root, arguments.out, url=arguments.url, echo=print).folder)
    return 0


def _trace(arguments) -> int:
    from alsreview.wording import trace

    print(*trace(arguments.analysis_id, root=arguments.root), sep="\n")
    return 0


def _release(arguments) -> int:
    from alsreview.book import build
    from alsreview.release import Tools, release

    # The commit's own time rules, whatever the caller's environment says.
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    tools = Tools(build=lambda root: build(root, echo=print).html.parent, test=_make_test)
    release(find_root(arguments.root), arguments.version, tools, dry_run=arguments.dry_run, echo=_say)
    return 0


def _make_test(root: Path) -> None:
    if subprocess.run(["make", "test"], cwd=root).returncode:
        raise ValueError("the tests fail: nothing was released")


def _export(arguments) -> int:
    from alsreview.release import stamp
    from alsreview.release.export import export

    root = find_root(arguments.root)
    print(export(root, arguments.folder, stamp(root)))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _verify(arguments) -> int:
    from alsreview.release import verify

    try:
        root = find_root(arguments.root)
    except ValueError:
        root = None  # whoever checks a download need not have the review
    verdicts = verify(arguments.target, root, echo=_say)
    for verdict in verdicts:
        print(f"{verdict.what}: {'changed' if verdict.faults else 'as released'}")
        for fault in verdict.faults:
            print(fault, file=sys.stderr)
    return int(any(verdict.faults for verdict in verdicts))


def _cite(arguments) -> int:
    from alsreview.release.cite import cite
    from alsreview.release.past import past_work, present_work

    root = find_root(arguments.root)
    work = past_work(root, arguments.version) if arguments.version else present_work(root)
    print(cite(work, arguments.format).rstrip("\n"))
    return 0


def _simulate(arguments) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from alsreview.simulation import on_cores, on_dask, simulate

    # On standard error, so that the table can be redirected.
    with Progress(console=Console(stderr=True)) as progress:

        def run(blocks):
            task = progress.add_task("Simulating", total=len(blocks))
            where = on_dask if arguments.dask else on_cores
            return where(arguments.dask or arguments.workers, lambda: progress.advance(task))(blocks)

        table = simulate(
            arguments.analysis,
            replicates=arguments.replicates,
            seed=arguments.seed,
            run=run,
            root=arguments.root,
        )
    if arguments.out:
        table.to_csv(arguments.out, index=False)
    print(table.drop(columns=["tau2", "replicates"]).to_string(index=False, float_format="{:.3f}".format))


def _add(arguments) -> int:
    from contextlib import nullcontext

    from alsreview.extraction import Wish, add, plain_numbers
    from alsreview.surveillance import open_web

    root, path = find_root(arguments.root), arguments.from_csv
    wish = Wish(
        arguments.trial_id,
        plain_numbers(arguments.doi, arguments.pmid, arguments.nct),
        arguments.question,
        (path.name, path.read_bytes()) if path else None,
        arguments.even_if_retracted,
    )
    with nullcontext() if arguments.offline else open_web(root) as web:
        added = add(root, wish, web, date.today())
    for refused in added.refused:
        print(f"not taken: {refused}")
    for note in added.notes:
        print(f"note: {note}")
    print(*added.files, sep="\n")
    return int(bool(added.refused))


def _diff(arguments) -> int:
    from alsreview.release.diff import FORMATS, diff

    print(FORMATS[arguments.format](diff(arguments.root, arguments.since)), end="")
    return 0


def _search(arguments) -> int:
    from alsreview import surveillance

    root = find_root(arguments.root)
    if bool(arguments.ris) != bool(arguments.source):
        raise ValueError("expected --import FILE and --source NAME together, found one of them")
    if surveillance.finish(root):
        print("Finished what a stopped search had begun to write.")
    if arguments.finish:
        return 0
    if arguments.export:
        waiting = load_evidence(root).candidates.to_dict("records")
        print(f"{count(surveillance.write_ris(arguments.export, waiting), 'record')} in {arguments.export}")
        return 0
    run = surveillance.search(root, today=date.today(), ris=arguments.ris, source=arguments.source)
    return _tell_search(root, run, arguments)


def _tell_search(root: Path, run, arguments) -> int:
    from alsreview import surveillance

    if not arguments.dry_run:
        surveillance.record(root, run)
    for row in run.searches:
        print(f"{row['source']}, {row['query']}: {count(int(row['records']), 'record')}, {row['new']} new")
    for row in run.candidates:
        print(f"  {row['record_id']}: {row['title']} ({row['reason']})")
    for fault in run.faults:
        print(f"{fault}: not searched, and asked again next time", file=sys.stderr)
    if arguments.report:
        waiting = load_evidence(root).candidates.to_dict("records")
        waiting += run.candidates if arguments.dry_run else []
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(surveillance.report(waiting, run.faults), encoding="utf-8")
    return int(bool(run.faults))


def _links(arguments) -> int:
    from alsreview.book.links import check_links, find_links, report

    links = check_links(find_links(find_root(arguments.root)))
    for link in links:
        if link.verdict != "answers":
            print(f"{link.places[0]}: {link.address}: {link.verdict} ({link.said})")
    broken = sum(link.verdict == "broken" for link in links)
    print(f"{count(len(links), 'link')} asked, {broken} broken")
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(report(links), encoding="utf-8")
    return int(broken > 0)


def _rebuild(arguments) -> int:
    from alsreview.book.reproducible import rebuild

    found = rebuild(find_root(arguments.root), echo=_say)
    for line in found:
        print(line)
    print(f"{count(len(found), 'file')} {'differs' if len(found) == 1 else 'differ'}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
