"""Commands that find a new trial, bring it in, and say what it moved."""

import argparse
import shlex
import sys
from datetime import date
from pathlib import Path

from alsreview.certainty import RATINGS
from alsreview.commands.parts import command, existing
from alsreview.evidence import find_root, load_evidence
from alsreview.evidence.studies import QUESTIONS, REASONS
from alsreview.evidence.together import alone, replace_together
from alsreview.formats import count

DIFFS = ("text", "json", "markdown")


def register(commands) -> None:
    """Add the commands that bring a new trial in and say what it moved."""
    _register_add(commands)
    _register_diff(commands)
    _register_search(commands)
    _register_screen(commands)
    _register_confirm(commands)
    command(commands, "migrate", _migrate, "update data from an older format")


def _register_add(commands) -> None:
    example = "braga2018 --doi 10.1155/2018/8218697"
    add = command(commands, "add", _add, "create the folder of a new trial", example)
    add.add_argument("trial_id", help="first author and year, such as lunetta2016")
    for number, what in (("doi", "DOI of the report"), ("pmid", "PubMed number")):
        add.add_argument(f"--{number}", default="", help=what)
    add.add_argument("--nct", default="", help="ClinicalTrials.gov number")
    add.add_argument("--question", default="", metavar="NAME", help="question in data/protocol.yml")
    add.add_argument("--from-csv", type=existing, metavar="FILE", help="results by arm from a CSV file")
    add.add_argument("--offline", action="store_true", help="do not query any registry")
    add.add_argument("--even-if-retracted", action="store_true", help="add it as excluded")


def _register_diff(commands) -> None:
    moved = command(commands, "diff", _diff, "show what changed since a commit or a version", "2026.1")
    known = "a commit, a branch or a version (default: %(default)s)"
    moved.add_argument("since", nargs="?", metavar="REF", default="HEAD", help=known)
    moved.add_argument("--format", choices=DIFFS, default="text", help="its form (default: %(default)s)")


def _register_search(commands) -> None:
    search = command(commands, "search", _search, "search three sources for new trials")
    search.add_argument("--dry-run", action="store_true", help="show what would be written, without writing")
    search.add_argument("--report", type=Path, help="file for the records awaiting screening, as Markdown")
    search.add_argument("--import", type=existing, dest="ris", metavar="RIS", help="read a RIS file instead")
    search.add_argument("--source", metavar="NAME", help="the database that the imported file is from")
    search.add_argument(
        "--export", type=Path, metavar="RIS", help="only write the records awaiting screening to a RIS file"
    )


def _register_screen(commands) -> None:
    example = "NCT01234567 --exclude no_comparator --by 'Ada Reader'"
    judged = command(commands, "screen", _screen, "record a screening decision", example)
    judged.add_argument("record_id", help="record id in data/candidates.csv")
    what = judged.add_mutually_exclusive_group(required=True)
    for option, decision in (("exclude", "excluded"), ("await", "awaiting")):
        reasons = REASONS[decision]
        told = f"it is {decision}: {', '.join(reasons)}"
        what.add_argument(f"--{option}", dest=decision, choices=reasons, metavar="REASON", help=told)
    what.add_argument("--ongoing", metavar="WHAT", help="the trial is ongoing: what its result could add")
    what.add_argument("--include", metavar="TRIAL_ID", help="only show how to add it as a trial")
    judged.add_argument("--by", default="", metavar="NAME", help="who decided")
    judged.add_argument("--question", choices=QUESTIONS, default="", help="if the search does not give it")
    judged.add_argument("--url", default="", help="where it was found, if it has no number")
    judged.add_argument("--note", default="", help="what a reader needs to know")


def _register_confirm(commands) -> None:
    example = "rating exercise_function --by 'Ada Reader' --reason 'Read all sources'"
    confirm = command(
        commands, "confirm", _confirm, "record a named person's confirmation or change", example
    )
    kinds = confirm.add_subparsers(dest="kind", required=True, metavar="WHAT")
    rating = kinds.add_parser("rating", help="the certainty of an analysis")
    rating.add_argument("analysis_id", help="an analysis of data/protocol.yml")
    rating.add_argument("--rating", choices=RATINGS, default="", help="a rating other than the proposed one")
    bias = kinds.add_parser("bias", help="the risk-of-bias assessment of a result")
    bias.add_argument("trial_id")
    bias.add_argument("outcome", help="as in rob2.yml")
    bias.add_argument("--weeks", type=float, help="time of the result, if several were assessed")
    bias.add_argument("--judge", action="append", default=[], type=_pair, metavar="DOMAIN=JUDGEMENT",
                      help="set a judgement instead of the proposed one")  # fmt: skip
    row = kinds.add_parser("row", help="a row of data, checked against its source")
    row.add_argument("place", help="such as data/trials/lunetta2016/arms.csv:3")
    row.add_argument("--set", action="append", default=[], type=_pair, metavar="COLUMN=TEXT",
                     help="correct a cell")  # fmt: skip
    for each in (rating, bias, row):
        each.add_argument("--root", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        each.add_argument("--by", required=True, metavar="NAME", help="who confirms")
        each.add_argument("--reason", required=True, help="why, or what was checked")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name, value


def _confirm(arguments) -> int:
    from alsreview.extraction.confirm import Person, confirm_appraisal, confirm_rating, confirm_row

    root, person = find_root(arguments.root), Person(arguments.by, arguments.reason, date.today())
    if arguments.kind == "rating":
        written = confirm_rating(root, arguments.analysis_id, person, arguments.rating)
    elif arguments.kind == "bias":
        judged = dict(arguments.judge)
        written = confirm_appraisal(
            root, arguments.trial_id, arguments.outcome, person, weeks=arguments.weeks, judgements=judged
        )
    else:
        written = confirm_row(root, arguments.place, person, dict(arguments.set))
    print(*written, sep="\n")
    print("to undo: git restore, or remove a new file")
    return 0


def _migrate(arguments) -> int:
    from alsreview.evidence.format import FORMAT, migration

    root = find_root(arguments.root)
    with alone(root):
        files, notes = migration(root)
        if files:
            replace_together(root, files)
    if not files:
        print(f"The data are of format {FORMAT} already.")
        return 0
    print(*files, *(f"note: {note}" for note in notes), sep="\n")
    print("now run python -m alsreview check, which lists what is left to correct; to undo: git restore data")
    return 0


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

    root = find_root(arguments.root)
    with alone(root):
        pass  # what a stopped run had begun is finished first
    print(FORMATS[arguments.format](diff(root, arguments.since)), end="")
    return 0


def _search(arguments) -> int:
    from alsreview import surveillance

    root = find_root(arguments.root)
    if bool(arguments.ris) != bool(arguments.source):
        raise ValueError("expected --import FILE and --source NAME together, found one of them")
    with alone(root):
        pass  # what a stopped run had begun is finished first
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
        print(f"{fault}: not searched; it will be searched again next time", file=sys.stderr)
    if arguments.report:
        waiting = load_evidence(root).candidates.to_dict("records")
        waiting += run.candidates if arguments.dry_run else []
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(surveillance.report(waiting, run.faults), encoding="utf-8")
    return int(bool(run.faults))


def _screen(arguments) -> int:
    from alsreview.extraction import Decision, screen

    if arguments.include is not None:
        return _tell_add(arguments)
    why = {name: getattr(arguments, name) for name in ("excluded", "awaiting", "ongoing")}
    (decided,) = ((decision, reason) for decision, reason in why.items() if reason is not None)
    said = (arguments.by, arguments.question, arguments.url, arguments.note)
    written = screen(find_root(arguments.root), Decision(arguments.record_id, *decided, *said), date.today())
    print(f"{arguments.record_id}: {decided[0]}, {decided[1]}")
    print(*written, sep="\n")
    if decided[0] == "ongoing":
        print(
            "note: data/ongoing.csv: fill in design, intervention, participants and dates from the registry"
        )
    return 0


def _tell_add(arguments) -> int:
    """Say the command that makes a record a trial, which takes it from the list by itself."""
    from alsreview.extraction import wish_of

    root, trial_id = find_root(arguments.root), arguments.include
    wish = wish_of(root, arguments.record_id, trial_id, arguments.question)
    words = ["-m", "alsreview", "add", trial_id]
    words += [part for name, number in vars(wish.numbers).items() if number for part in (f"--{name}", number)]
    print(shlex.join([".venv/bin/python", *words, "--question", wish.question]))
    return 0
