"""Reads and checks the folder of a trial: its card, its tables, its appraisal, and whether they agree."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import partial
from math import sqrt
from pathlib import Path

from livingreview.effects.measures import MEASURES, measures_of
from livingreview.effects.sources import BASES
from livingreview.evidence.dictionary import ROW_KEYS, Reading, keys_of
from livingreview.rob2 import DOMAINS, OVERALL, refuse, rob2
from livingreview.schema import Fault, Found, Place

TRIAL_ID = re.compile(r"([a-z]+)([0-9]{4})([a-z]?)")
EXAMPLE = "example2000"  # the invented trial of a new review, which no version may have
FULL_REPORT = "primary_fulltext"
_APPRAISAL = "rob2.yml"
_FILES = sorted(["trial.yml", *ROW_KEYS, _APPRAISAL])
# A model can halve the standard error of a mean beside its raw SD; more than that is another quantity.
_SLACK = 2.0


def trial_year(trial_id: str) -> int:
    """Return the year of a trial's own report, which is part of its id."""
    return int(TRIAL_ID.fullmatch(trial_id)[2])


def trial_folders(root: Path) -> list[Path]:
    """List what stands among the trials, in order."""
    trials = root / "data/trials"
    return sorted(p for p in trials.iterdir() if not p.name.startswith(".")) if trials.is_dir() else []


def trial_status(card: dict) -> str:
    """Return what a trial is in this review: "included", "excluded" or "awaiting" classification.

    A trial whose allocation is unclear awaits classification: it is not known to belong here, and not known
    to belong elsewhere.
    """
    if card.get("excluded"):
        return "excluded"
    return "awaiting" if card.get("allocation") == "unclear" else "included"


def arm_details(arm: dict) -> dict:
    """Return the record that says what an arm of a card did, whatever the dictionary calls it."""
    return next((each for each in arm.values() if isinstance(each, dict) and "what" in each), {})


def read_trials(reading: Reading) -> None:
    """Read every trial, and check each by itself, then the trials that are sound against each other."""
    appraisals = {}
    for folder in trial_folders(reading.root):
        name = f"data/trials/{folder.name}"
        for path, at, message in _folder_faults(folder):
            reading.faults.append(Fault(f"{name}{path}", 1, at, message))
        if (folder / "trial.yml").is_file():
            appraisals |= _read_trial(reading, folder)
    reported = _reported(reading)
    for trial_id, (appraisal, place) in appraisals.items():
        if trial_id in reading.cards:
            reading.note(place, _appraisal_faults(appraisal, reading.cards[trial_id], reported[trial_id]))
        reading.appraisals[trial_id] = appraisal
    _contradictions(reading)


def _folder_faults(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with the files of a trial: file, column and message."""
    if not folder.is_dir():
        yield "", "file", "expected a folder for each trial, found a file"
        return
    if not TRIAL_ID.fullmatch(folder.name):
        yield "", "trial_id", f"expected author and year such as smith2016, found {folder.name!r}"
    if not (folder / "trial.yml").is_file():
        yield "/trial.yml", "file", "expected the card of the trial, found none"
        return
    for stray in sorted({p.name for p in folder.iterdir() if not p.name.startswith(".")} - {*_FILES}):
        yield f"/{stray}", "file", f"expected only {', '.join(_FILES)} for a trial, found this"


def _read_trial(reading: Reading, folder: Path) -> dict[str, tuple[dict, Place]]:
    """Read a card and its tables, and return the appraisal by the id of the trial, if there is one."""
    trial_id, name = folder.name, f"data/trials/{folder.name}"
    card, place = reading.read(f"{name}/trial.yml")
    own = {} if card is None else keys_of(card, "arms", "contrasts", "sources")
    if reading.fits(card, place, **own):
        reading.note(place, _card_faults(card))
        reading.cards[trial_id], reading.lines[trial_id] = card, place.lines
    for table in ROW_KEYS:
        check = partial(_row_faults, table, reading.outcomes.get("outcomes", {}))
        reading.read_rows(f"{name}/{table}", check, **own)
    if (folder / _APPRAISAL).is_file():
        appraisal, place = reading.read(f"{name}/{_APPRAISAL}")
        if reading.fits(appraisal, place, **own):
            return {trial_id: (appraisal, place)}
    return {}


# ---- The card


def _card_faults(card: dict) -> Found:
    for key, source in card["sources"].items():
        if not {"doi", "pmid", "url"} & set(source):
            yield ("sources", key), "expected a doi, a pmid or a url, found none"
    for key, contrast in card.get("contrasts", {}).items():
        if contrast["intervention"] == contrast["comparator"]:
            yield ("contrasts", key), "expected two different arms, found one twice"
    if card["allocation"] == "not_randomized" and not card.get("excluded"):
        message = "expected the reason for which a trial that is not randomized is excluded, found none"
        yield "excluded", message, ("allocation",)
    if (card["unit"] == "composite") != bool(card.get("covers")):
        yield "covers", "expected the covered trials on a composite and on nothing else"


# ---- The rows: what a rule for a single cell cannot say


def _row_faults(table: str, outcomes: dict, row: dict, *, whole: bool) -> Found:
    """Yield what is wrong between the cells of a row; ``whole`` says that each cell is well by itself."""
    outcome = outcomes.get(row.get("outcome"))
    if table == "arms.csv" and outcome and row["mean"] is not None and "range" in outcome:
        low, high = outcome["range"]
        if not low <= row["mean"] <= high:
            found = f"the range of {row['outcome']}, found {row['mean']:g}"
            yield "mean", f"expected {low} to {high}, {found}"
    # Next to a cell that is at fault, a second cell would be blamed for the first.
    if not whole:
        return
    if table == "harms.csv":
        yield from _harm_row_faults(row)
        return
    yield from _origin_faults(row)
    yield from _arm_row_faults(row) if table == "arms.csv" else _reported_row_faults(row, outcome)


def _origin_faults(row: dict) -> Found:
    """Yield what is wrong with the check, the phase and the basis of n of any row."""
    for name in ("checked_on", "checked_note"):
        if row[name] is not None and row["checked"] is None:
            yield "checked", f"expected a name with {name}, found an empty cell"
    weeks, phase = row["timepoint_weeks"], row["phase"]
    if weeks is not None and weeks < 0 and phase is None:
        yield "phase", f"expected baseline or run_in for week {weeks:g}, found an empty cell"
    if weeks is not None and weeks > 0 and phase is not None:
        yield "phase", f"expected an empty cell for week {weeks:g}, after randomisation, found {phase}"
    if row["n"] is None and row["n_basis"] is not None:
        yield "n_basis", f"expected an empty cell where there is no n, found {row['n_basis']}"
    if row["n"] is not None and row["n_basis"] is None:
        yield "n_basis", f"expected what n counts ({', '.join(BASES)}), found an empty cell"


def _arm_row_faults(row: dict) -> Found:
    if row["mean"] is None and row["events"] is None:
        yield "mean", "expected a mean or events, found neither"
    elif None not in (row["events"], row["n"]) and row["events"] > row["n"]:
        yield "events", f"expected at most n = {row['n']}, found {row['events']}"


def _reported_row_faults(row: dict, outcome: dict | None) -> Found:
    estimate, measure, low, high = (row[key] for key in ("estimate", "measure", "ci_low", "ci_high"))
    if estimate is None and row["direction"] is None and row["p"] is None:
        yield "estimate", "expected an estimate, a direction or a p value, found none"
    if (estimate is None) != (measure is None):
        yield "measure", "expected an estimate and its measure together, found one of them"
    if measure and estimate is not None and MEASURES[measure].ratio and estimate <= 0:
        yield "estimate", f"expected a ratio above 0, found {estimate:g}"
    if measure and outcome and outcome["form"] not in MEASURES[measure].forms:
        able = measures_of(outcome["form"])
        expected = f"one of {', '.join(able)}" if able else "no measure"
        yield "measure", f"expected {expected} for an outcome of the form {outcome['form']}, found {measure}"
    if row["df"] is not None and low is None:
        yield "df", "expected an interval with the degrees of freedom, found none"
    if (low is None) != (high is None):
        yield "ci_high" if high is None else "ci_low", "expected both limits or none, found one"
    elif low is not None and low > high:
        yield "ci_low", f"expected the lower limit here, found {low:g} above {high:g}"
    elif low is not None and (estimate is None or not low <= estimate <= high):
        found = "none" if estimate is None else f"{estimate:g}"
        yield "estimate", f"expected a value between its limits {low:g} and {high:g}, found {found}"


def _harm_row_faults(row: dict) -> Found:
    harm, events, n, statement = (row[key] for key in ("harm", "events", "n", "statement"))
    if (events is None) != (n is None):
        yield "events", "expected events and n together, found one of them"
        return
    if (events is None) == (statement is None):
        found = "neither" if events is None else "both"
        yield "statement", f"expected counts or a statement, found {found}"
    elif events is not None and events > n:
        yield "events", f"expected at most n = {n}, found {events}"
    # "None related" says nothing of events that have another cause, and the reverse would hide them.
    wanted = "none_related_stated" if harm == "related_adverse_events" else "none_stated"
    if events is None and statement in {"none_stated", "none_related_stated"} - {wanted}:
        yield "statement", f"expected {wanted} for {harm}, found {statement}"


# ---- The appraisal of risk of bias


def _reported(reading: Reading) -> dict[str, set]:
    """Collect outcome and time of what each trial reports, alone or in a composite that covers it."""
    found = defaultdict(set)
    for row in [*reading.rows["arms.csv"], *reading.rows["reported.csv"]]:
        for trial_id in [row["trial_id"], *reading.cards.get(row["trial_id"], {}).get("covers", ())]:
            found[trial_id].add((row["outcome"], row["timepoint_weeks"]))
    return found


def _appraisal_faults(appraisal: dict, card: dict, reported: set) -> Found:
    """Yield answers that RoB 2 does not have, judgements without a reason, results that nobody reports."""
    if card.get("covers"):
        yield "file", "expected the appraisals of the trials inside a composite, found one of its own"
        return
    results = appraisal.get("results", [])
    if bool(results) == ("not_assessed" in appraisal):
        yield "results", f"expected results or not_assessed, found {'both' if results else 'neither'}"
        return
    full = any(source["kind"] == FULL_REPORT for source in card["sources"].values())
    seen = set()
    for number, result in enumerate(results):
        at, key = ("results", number), (result["outcome"], result.get("timepoint_weeks"))
        told = f"{key[0]} at {'an unstated time' if key[1] is None else f'{key[1]:g} weeks'}"
        if key not in reported:
            message = f"expected a result that the trial reports in arms.csv or reported.csv, found {told}"
            yield (*at, "outcome"), message
        if key in seen:
            yield (*at, "outcome"), f"expected each result once, found {told} twice"
        seen.add(key)
        wrong = list(_answer_faults(result["answers"], at, full))
        yield from wrong or _judgement_faults(result, at)


def _answer_faults(answers: dict, at: tuple, full: bool) -> Found:
    for question, told in answers.items():
        try:
            refuse(question, told["answer"])
        except ValueError as error:
            yield (*at, "answers", question), str(error)
            continue
        if told["answer"] == "NI" and not full:
            message = f"expected not_seen where no source is a full report ({FULL_REPORT}), found NI"
            yield (*at, "answers", question), message


def _judgement_faults(result: dict, at: tuple) -> Found:
    """Yield judgements that the algorithm does not propose and nobody gives a reason for."""
    answers = {question: told["answer"] for question, told in result["answers"].items()}
    judged, known = result.get("judgements", {}), (*DOMAINS, OVERALL)
    own = {domain: told["judgement"] for domain, told in judged.items() if domain in DOMAINS}
    try:
        proposed = rob2(answers) | {OVERALL: rob2(answers, own).get(OVERALL)}
    except ValueError as error:
        yield (*at, "answers"), str(error)
        return
    for domain, told in judged.items():
        path = (*at, "judgements", domain)
        if domain not in known:
            yield path, f"expected one of {', '.join(known)}, found {domain!r}"
        elif "reason" not in told and str(proposed[domain]) != told["judgement"]:
            found = f"or a reason, found {told['judgement']}"
            yield path, f"expected {proposed[domain]}, as the answers give, {found}"


# ---- Figures and identities that contradict each other


def _contradictions(reading: Reading) -> None:
    """Note what cannot be right in the trials that have no other fault, which would be blamed twice."""
    faulty = {fault.path.split("/")[2] for fault in reading.faults if fault.path.startswith("data/trials/")}
    sound = {trial_id: card for trial_id, card in reading.cards.items() if trial_id not in faulty}
    for table in ("arms.csv", "harms.csv"):
        rows = [row for row in reading.rows[table] if row["trial_id"] in sound]
        reports = Counter((row["trial_id"], row.get("harm")) for row in rows)
        for row in rows:
            found = [*_people_faults(row, sound[row["trial_id"]])]
            if table == "arms.csv":
                found += _spread_faults(row)
            elif row["statement"] in ("not_mentioned", "results_not_seen"):
                if reports[row["trial_id"], row["harm"]] > 1:
                    told = f"expected no other row on {row['harm']} beside {row['statement']}, found one"
                    found.append(("statement", told))
            reading.note(Place(row["file"], row["line"]), found)
    owners: dict[tuple, str] = {}
    for trial_id, card in sound.items():
        place = Place(f"data/trials/{trial_id}/trial.yml", lines=reading.lines[trial_id])
        reading.note(place, _completion_faults(card))
        for kind, value, path in _identities(trial_id, card):
            owner = owners.setdefault((kind, value), trial_id)
            told = f"expected one folder for each trial, found the {kind} of {owner}"
            if kind == "covers":
                # Their people would count twice.
                told = f"expected trials that no other composite covers, found {value} of {owner}"
            reading.note(place, [(path, told)] if owner != trial_id else [])


def _people_faults(row: dict, card: dict) -> Found:
    """Yield counts above the number randomised to the arm, or in the whole trial."""
    arm = card.get("arms", {}).get(row["arm"], {})
    people = (card.get("people", {}) if row["arm"] == "all" else arm.get("randomized", {})).get("n")
    whom = "in the trial" if row["arm"] == "all" else f"to {row['arm']}"
    for key in ("n", "events"):
        if None not in (row[key], people) and row[key] > people:
            yield key, f"expected at most {people}, the participants randomised {whom}, found {row[key]}"


def _spread_faults(row: dict) -> Found:
    """Yield a standard error that cannot stand beside its SD."""
    sd, se, n = row["sd"], row["se"], row["n"]
    if None in (sd, se):
        return
    # Without n the arm has two people at least.
    low, high = (sd / sqrt(n) / _SLACK, sd / sqrt(n) * _SLACK) if n else (0, sd / sqrt(2))
    if not low <= se <= high:
        expected = f"about {sd / sqrt(n):.2g}, the sd over sqrt({n})" if n else f"at most {high:.2g}"
        yield "se", f"expected {expected}, found {se:g} beside an sd of {sd:g}"


def _completion_faults(card: dict) -> Found:
    for name, arm in card.get("arms", {}).items():
        done, most = (arm.get(key, {}).get("n") for key in ("completed", "randomized"))
        if None not in (done, most) and done > most:
            message = f"expected at most {most}, the participants randomised, found {done}"
            yield ("arms", name, "completed", "n"), message


def _identities(trial_id: str, card: dict) -> Iterator[tuple[str, str, tuple]]:
    """Yield what only one trial can have; the report of another may be quoted under that one's key."""
    primary = [(k, s) for k, s in card["sources"].items() if s["kind"].startswith("primary")]
    own = [(key, source) for key, source in primary if source.get("cite") == trial_id] or primary
    for key, source in own:
        for kind in ("doi", "pmid"):
            if kind in source:
                yield kind, source[kind].lower(), ("sources", key, kind)
    if "registration" in card:
        yield "registration", card["registration"].strip().upper(), ("registration",)
    for part in card.get("covers", ()):
        yield "covers", part, ("covers",)
