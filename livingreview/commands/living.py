"""Commands that find a new trial, bring it in, and say what it changed."""

import shlex
import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date
from pathlib import Path

from livingreview.certainty import RATINGS
from livingreview.commands import argument, command, existing, one_of
from livingreview.evidence import load_evidence
from livingreview.evidence.files import replace_file, replace_files
from livingreview.formats import count

_REASON = "it is {}, for a reason of data/protocol.yml"


@command(
    "create the folder of a new trial",
    argument("trial_id", help="first author and year, such as smith2016"),
    argument("--doi", default="", help="DOI of the report"),
    argument("--pmid", default="", help="PubMed number"),
    argument("--nct", default="", help="ClinicalTrials.gov number"),
    argument("--question", default="", metavar="NAME", help="question in data/protocol.yml"),
    argument("--from-csv", type=existing, metavar="FILE", help="results by arm, from a CSV file"),
    argument("--offline", action="store_true", help="do not query any registry"),
    argument("--even-if-retracted", action="store_true", help="add it as excluded"),
    example="smith2016 --doi 10.1000/xyz123",
)
def add(root, trial_id, doi, pmid, nct, question, from_csv, offline, even_if_retracted):
    from livingreview.living import Web, add, plain_numbers

    asked = {"question": question, "table": from_csv, "even_if_retracted": even_if_retracted}
    numbers = plain_numbers(doi, pmid, nct)
    with nullcontext() if offline else Web(root) as web:
        written, notes = add(root, trial_id, numbers, web, date.today(), **asked)
    _tell_written(written, notes)


@command(
    "show what changed since a commit or a version",
    argument(
        "since",
        nargs="?",
        metavar="REF",
        default="HEAD",
        help="a commit, a branch or a version (default: %(default)s)",
    ),
    argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="its form (default: %(default)s)",
    ),
    example="2026.1",
)
def diff(root, since, format):
    from livingreview.release.diff import FORMATS, diff

    print(FORMATS[format](diff(root, since)), end="")


@command(
    "search three sources for new trials",
    argument("--report", type=Path, help="file for the records awaiting screening, as Markdown"),
    argument("--import", type=existing, dest="ris", metavar="RIS", help="read a RIS file instead"),
    argument("--source", metavar="NAME", help="the database that the imported file is from"),
    argument(
        "--export", type=Path, metavar="RIS", help="only write the records awaiting screening to a RIS file"
    ),
)
def search(root, report, ris, source, export):
    from livingreview import living

    if bool(ris) != bool(source):
        raise ValueError("expected --import FILE and --source NAME together, found one of them")
    if export:
        waiting = load_evidence(root).candidates.to_dict("records")
        print(f"{count(living.write_ris(export, waiting), 'record')} in {export}")
        return 0
    run = living.search(root, today=date.today(), ris=ris, source=source)
    written = living.record(root, run)
    for row in run.searches:
        print(f"{row['source']}, {row['query']}: {count(int(row['records']), 'record')}, {row['new']} new")
    for row in run.candidates:
        print(f"  {row['record_id']}: {row['title']} ({row['reason']})")
    for fault in run.faults:
        print(f"{fault}: not searched; it will be searched again next time", file=sys.stderr)
    _tell_written(written)
    if report:
        waiting = load_evidence(root).candidates.to_dict("records")
        replace_file(report, living.report(waiting, run.faults).encode())
    return int(bool(run.faults))


@command(
    "record a screening decision",
    argument("record_id", help="record id in data/candidates.csv"),
    one_of(
        argument("--exclude", dest="excluded", metavar="REASON", help=_REASON.format("excluded")),
        argument("--await", dest="awaiting", metavar="REASON", help=_REASON.format("awaiting")),
        argument("--ongoing", metavar="WHAT", help="the trial is ongoing: what its result could add"),
        argument("--include", metavar="TRIAL_ID", help="only print how to add it as a trial"),
        required=True,
    ),
    argument("--by", default="", metavar="NAME", help="who decided"),
    argument("--question", default="", help="a group of data/protocol.yml, if the search does not give it"),
    argument("--url", default="", help="where it was found, if it has no number"),
    argument("--note", default="", help="what a reader needs to know"),
    example="NCT01234567 --exclude no_comparator --by 'Ada Reader'",
)
def screen(root, record_id, include, by, question, url, note, **reasons):
    from livingreview.living.decisions import screen, trial_of

    if include is not None:
        # The command that adds a record as a trial also takes it from the list.
        found, question = trial_of(root, record_id, include, question)
        numbers = {"--doi": found.doi, "--pmid": found.pmid, "--nct": found.registration}
        words = [word for name, number in numbers.items() if number for word in (name, number)]
        words = ["-m", "livingreview", "add", include, *words, "--question", question]
        print(shlex.join([".venv/bin/python", *words]))
        return
    ((decision, why),) = ((name, why) for name, why in reasons.items() if why is not None)
    told = {"by": by, "question": question, "url": url, "note": note}
    written = screen(root, record_id, decision, why, today=date.today(), **told)
    print(f"{record_id}: {decision}, {why}")
    note = "data/ongoing.csv: design, intervention, people and days are to be read in the registry"
    _tell_written(written, [note] if decision == "ongoing" else [])


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name):
        raise ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name, value


def _confirmed(confirm: ArgumentParser) -> None:
    """Add what can be confirmed, each with the name of the person and the reason."""
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
        each.add_argument("--root", type=Path, default=SUPPRESS, help=SUPPRESS)
        each.add_argument("--by", required=True, metavar="NAME", help="who confirms")
        each.add_argument("--reason", required=True, help="why, or what was checked")


@command(
    "record that a named person confirms or changes a judgement or a row",
    _confirmed,
    example="row data/trials/smith2016/arms.csv:3 --by 'Ada Reader' --reason 'As in Table 2'",
)
def confirm(root, kind, by, reason, **what):
    from livingreview.living.decisions import confirm_appraisal, confirm_rating, confirm_row, signed

    person = signed(by, reason, date.today())
    if kind == "rating":
        written = confirm_rating(root, what["analysis_id"], person, what["rating"])
    elif kind == "bias":
        judged = {"weeks": what["weeks"], "judgements": dict(what["judge"])}
        written = confirm_appraisal(root, what["trial_id"], what["outcome"], person, **judged)
    else:
        written = confirm_row(root, what["place"], person, dict(what["set"]))
    _tell_written(written)


@command("update data from an older format")
def migrate(root):
    from livingreview.evidence.format import FORMAT, migration

    files, notes = migration(root)
    if not files:
        print(f"The data are of format {FORMAT} already.")
        return
    replace_files(root, files)
    _tell_written(files, notes)
    print("now run python -m livingreview check, which lists what is left to correct")


def _tell_written(files: Iterable[str], notes: Iterable[str] = ()) -> None:
    """Print what a person must know, and the files that were written; ``git status`` says how to undo it."""
    for line in (*(f"note: {note}" for note in notes), *files):
        print(line)
