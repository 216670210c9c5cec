"""Commands that find a new trial, bring it in, and say what it changed."""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from livingreview.certainty import RATINGS
from livingreview.commands.parts import command, existing
from livingreview.evidence import find_root, load_evidence
from livingreview.evidence.files import replace_file, replace_files
from livingreview.formats import count

DIFFS = ("text", "json", "markdown")


def register(commands) -> None:
    """Add the commands that bring a new trial in and say what it changed."""
    _register_add(commands)
    _register_diff(commands)
    _register_search(commands)
    _register_screen(commands)
    _register_confirm(commands)
    command(commands, "migrate", _migrate, "update data from an older format")


def _register_add(commands) -> None:
    example = "smith2016 --doi 10.1000/xyz123"
    add = command(commands, "add", _add, "create the folder of a new trial", example)
    add.add_argument("trial_id", help="first author and year, such as smith2016")
    for number, what in (("doi", "DOI of the report"), ("pmid", "PubMed number")):
        add.add_argument(f"--{number}", default="", help=what)
    add.add_argument("--nct", default="", help="ClinicalTrials.gov number")
    add.add_argument("--question", default="", metavar="NAME", help="question in data/protocol.yml")
    add.add_argument("--from-csv", type=existing, metavar="FILE", help="results by arm, from a CSV file")
    add.add_argument("--offline", action="store_true", help="do not query any registry")
    add.add_argument("--even-if-retracted", action="store_true", help="add it as excluded")


def _register_diff(commands) -> None:
    moved = command(commands, "diff", _diff, "show what changed since a commit or a version", "2026.1")
    known = "a commit, a branch or a version (default: %(default)s)"
    moved.add_argument("since", nargs="?", metavar="REF", default="HEAD", help=known)
    moved.add_argument("--format", choices=DIFFS, default="text", help="its form (default: %(default)s)")


def _register_search(commands) -> None:
    search = command(commands, "search", _search, "search three sources for new trials")
    search.add_argument(
        "--dry-run", action="store_true", help="print what would be written, and write nothing"
    )
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
        told = f"it is {decision}, for a reason of data/protocol.yml"
        what.add_argument(f"--{option}", dest=decision, metavar="REASON", help=told)
    what.add_argument("--ongoing", metavar="WHAT", help="the trial is ongoing: what its result could add")
    what.add_argument("--include", metavar="TRIAL_ID", help="only print how to add it as a trial")
    judged.add_argument("--by", default="", metavar="NAME", help="who decided")
    judged.add_argument(
        "--question", default="", help="a group of data/protocol.yml, if the search does not give it"
    )
    judged.add_argument("--url", default="", help="where it was found, if it has no number")
    judged.add_argument("--note", default="", help="what a reader needs to know")


def _register_confirm(commands) -> None:
    example = "row data/trials/smith2016/arms.csv:3 --by 'Ada Reader' --reason 'As in Table 2'"
    confirm = command(
        commands,
        "confirm",
        _confirm,
        "record that a named person confirms or changes a judgement or a row",
        example,
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
    row.add_argument("place", help="such as data/trials/smith2016/arms.csv:3")
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
    from livingreview.living.confirm import Person, confirm_appraisal, confirm_rating, confirm_row

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
    _tell_written(root, written)
    return 0


def _migrate(arguments) -> int:
    from livingreview.evidence.format import FORMAT, migration

    root = find_root(arguments.root)
    files, notes = migration(root)
    if not files:
        print(f"The data are of format {FORMAT} already.")
        return 0
    replace_files(root, files)
    _tell_written(root, files, notes)
    print("now run python -m livingreview check, which lists what is left to correct")
    return 0


def _tell_written(root: Path, files: Iterable[str], notes: Iterable[str] = ()) -> None:
    """Print the files that were written, what a person must know, and how git undoes it."""
    files = list(files)
    for line in (*(f"note: {note}" for note in notes), *files):
        print(line)
    if not files or not shutil.which("git"):
        return
    listed = subprocess.run(["git", "ls-files", "-z", "--", *files], cwd=root, capture_output=True, text=True)
    kept = [name for name in listed.stdout.split("\0") if name]
    new = [name for name in files if name not in kept]
    folders = tuple(name.removesuffix("trial.yml") for name in new if name.endswith("/trial.yml"))
    gone = [*folders, *(name for name in new if not name.startswith(folders))]
    steps = [["git", "restore", *kept]] if kept else []
    steps += [["rm", "-r", *gone]] if gone else []
    if not listed.returncode:
        print(f"to undo, with all else that is uncommitted there: {' && '.join(map(shlex.join, steps))}")


def _add(arguments) -> int:
    from contextlib import nullcontext

    from livingreview.living import Wish, add, open_web, plain_numbers

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
    _tell_written(root, added.files, added.notes)
    return 0


def _diff(arguments) -> int:
    from livingreview.release.diff import FORMATS, diff

    print(FORMATS[arguments.format](diff(find_root(arguments.root), arguments.since)), end="")
    return 0


def _search(arguments) -> int:
    from livingreview import living

    root = find_root(arguments.root)
    if bool(arguments.ris) != bool(arguments.source):
        raise ValueError("expected --import FILE and --source NAME together, found one of them")
    if arguments.export:
        waiting = load_evidence(root).candidates.to_dict("records")
        print(f"{count(living.write_ris(arguments.export, waiting), 'record')} in {arguments.export}")
        return 0
    run = living.search(root, today=date.today(), ris=arguments.ris, source=arguments.source)
    written = () if arguments.dry_run else living.record(root, run)
    for row in run.searches:
        print(f"{row['source']}, {row['query']}: {count(int(row['records']), 'record')}, {row['new']} new")
    for row in run.candidates:
        print(f"  {row['record_id']}: {row['title']} ({row['reason']})")
    for fault in run.faults:
        print(f"{fault}: not searched; it will be searched again next time", file=sys.stderr)
    if written:
        _tell_written(root, written)
    if arguments.report:
        waiting = load_evidence(root).candidates.to_dict("records")
        waiting += run.candidates if arguments.dry_run else []
        replace_file(arguments.report, living.report(waiting, run.faults).encode())
    return int(bool(run.faults))


def _screen(arguments) -> int:
    from livingreview.living import Decision, screen

    if arguments.include is not None:
        return _tell_add(arguments)
    why = {name: getattr(arguments, name) for name in ("excluded", "awaiting", "ongoing")}
    (decided,) = ((decision, reason) for decision, reason in why.items() if reason is not None)
    said = (arguments.by, arguments.question, arguments.url, arguments.note)
    root = find_root(arguments.root)
    written = screen(root, Decision(arguments.record_id, *decided, *said), date.today())
    print(f"{arguments.record_id}: {decided[0]}, {decided[1]}")
    told = "data/ongoing.csv: design, intervention, people and days are to be read in the registry"
    _tell_written(root, written, [told] if decided[0] == "ongoing" else [])
    return 0


def _tell_add(arguments) -> int:
    """Print the command that adds a record as a trial, which also takes it from the list."""
    from livingreview.living import wish_of

    root, trial_id = find_root(arguments.root), arguments.include
    wish = wish_of(root, arguments.record_id, trial_id, arguments.question)
    words = ["-m", "livingreview", "add", trial_id]
    words += [part for name, number in vars(wish.numbers).items() if number for part in (f"--{name}", number)]
    print(shlex.join([".venv/bin/python", *words, "--question", wish.question]))
    return 0
