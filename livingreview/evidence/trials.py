"""Reads and checks the folder of a trial: its card, its tables, its appraisal, and whether they agree."""

from collections import Counter
from math import sqrt
from pathlib import Path

from livingreview.evidence.read import TRIAL_ID, Reading, check_mapping, keys_of, read_mapping, read_rows
from livingreview.evidence.rows import ROW_KEYS
from livingreview.rob2 import DOMAINS, OVERALL, refuse, rob2
from livingreview.schema import Fault

APPRAISAL = "rob2.yml"
TRIAL_FILES = {"trial.yml", "arms.csv", "reported.csv", "harms.csv", APPRAISAL}
FULL_REPORT = "primary_fulltext"
# A model can halve the standard error of a mean beside its raw SD; more than that is another quantity.
SLACK = 2.0


def read_trial(root: Path, folder: Path, names: dict, reading: Reading) -> None:
    """Read and check one trial.

    Parameters
    ----------
    root, folder : folder of the review, and that of the trial
    names : what keys may refer to outside of the trial
    reading : takes the card, its rows and the faults
    """
    name = folder.relative_to(root).as_posix()
    if not folder.is_dir():
        reading.faults.append(Fault(name, 1, "file", "expected a folder for each trial, found a file"))
        return
    if not TRIAL_ID.fullmatch(folder.name):
        message = f"expected author and year such as smith2016, found {folder.name!r}"
        reading.faults.append(Fault(name, 1, "trial_id", message))
    if not (folder / "trial.yml").is_file():
        reading.faults.append(
            Fault(f"{name}/trial.yml", 1, "file", "expected the card of the trial, found none")
        )
        return
    strays = {p.name for p in folder.iterdir() if not p.name.startswith(".")} - TRIAL_FILES
    for stray in sorted(strays):
        message = f"expected only {', '.join(sorted(TRIAL_FILES))} for a trial, found this"
        reading.faults.append(Fault(f"{name}/{stray}", 1, "file", message))
    card, lines = read_mapping(root, f"{name}/trial.yml", reading)
    own = {key: keys_of(card, key) for key in ("arms", "contrasts", "sources")} if card else {}
    check_mapping(f"{name}/trial.yml", card, lines, names | own, reading)
    reading.faults += _card_faults(f"{name}/trial.yml", card, lines)
    reading.cards[folder.name], reading.lines[folder.name] = card, lines
    for table in ROW_KEYS:
        read_rows(root, folder / table, names | own, reading, {"trial_id": folder.name})
    if (folder / APPRAISAL).is_file():
        _read_appraisal(root, folder, names | own, reading)


def trial_faults(reading: Reading) -> list[Fault]:
    """List what is wrong within and between trials whose files fit the dictionary.

    Parameters
    ----------
    reading : holds all trials with their rows, and the faults found so far
    """
    faults = _appraisal_faults(reading)
    return faults + _contradictions(reading.cards, reading.lines, reading.rows, [*reading.faults, *faults])


# ---- The card


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


def _card_faults(name: str, card: dict, lines: dict) -> list[Fault]:
    """List what is wrong between the keys of a trial's card.

    Parameters
    ----------
    name : path of the card from the root
    card, lines : what was read of it
    """
    faults = []
    sources = card.get("sources") if isinstance(card.get("sources"), dict) else {}
    for key, source in sources.items():
        if isinstance(source, dict) and not {"doi", "pmid", "url"} & set(source):
            line = lines.get(("sources", key), 1)
            faults.append(Fault(name, line, f"sources.{key}", "expected a doi, a pmid or a url, found none"))
    contrasts = card.get("contrasts") if isinstance(card.get("contrasts"), dict) else {}
    for key, contrast in contrasts.items():
        if isinstance(contrast, dict) and contrast.get("intervention") == contrast.get("comparator"):
            line = lines.get(("contrasts", key), 1)
            faults.append(
                Fault(name, line, f"contrasts.{key}", "expected two different arms, found one twice")
            )
    if card.get("allocation") == "not_randomized" and not card.get("excluded"):
        message = "expected the reason for which a trial that is not randomized is excluded, found none"
        faults.append(Fault(name, lines.get(("allocation",), 1), "excluded", message))
    if (card.get("unit") == "composite") != bool(card.get("covers")):
        message = "expected the covered trials on a composite and on nothing else"
        faults.append(Fault(name, lines.get(("covers",), 1), "covers", message))
    return faults


# ---- The appraisal of risk of bias


def _read_appraisal(root: Path, folder: Path, names: dict, reading: Reading) -> None:
    name = (folder / APPRAISAL).relative_to(root).as_posix()
    before = len(reading.faults)
    appraisal, lines = read_mapping(root, name, reading)
    check_mapping(name, appraisal, lines, names, reading)
    # What does not fit the dictionary has its fault; a second check would blame it for that again.
    if len(reading.faults) == before:
        reading.appraisals[folder.name], reading.appraisal_lines[folder.name] = appraisal, lines


def _appraisal_faults(reading: Reading) -> list[Fault]:
    """List answers that RoB 2 does not have, judgements without a reason, and results that nobody reports."""
    reported = _reported(reading)
    return [
        Fault(
            f"data/trials/{trial_id}/{APPRAISAL}", reading.appraisal_lines[trial_id].get(path, 1), at, message
        )
        for trial_id, appraisal in reading.appraisals.items()
        for path, message in _result_faults(appraisal, reading.cards[trial_id], reported.get(trial_id, set()))
        for at in [".".join(map(str, path))]
    ]


def _reported(reading: Reading) -> dict[str, set]:
    """Collect outcome and time of what each trial reports, alone or in a composite that covers it."""
    found: dict[str, set] = {}
    for table in ("arms.csv", "reported.csv"):
        for row in reading.rows[table]:
            covers = reading.cards[row["trial_id"]].get("covers")
            for trial_id in [row["trial_id"], *(covers if isinstance(covers, list) else [])]:
                found.setdefault(trial_id, set()).add((row["outcome"], row["timepoint_weeks"]))
    return found


def _result_faults(appraisal: dict, card: dict, reported: set) -> list[tuple[tuple, str]]:
    if card.get("covers"):
        return [(("file",), "expected the appraisals of the trials inside a composite, found one of its own")]
    results = appraisal.get("results", [])
    if bool(results) == ("not_assessed" in appraisal):
        return [
            (("results",), "expected results or not_assessed, found " + ("both" if results else "neither"))
        ]
    sources = card["sources"].values() if isinstance(card.get("sources"), dict) else ()
    full = any(isinstance(source, dict) and source.get("kind") == FULL_REPORT for source in sources)
    faults, seen = [], {}
    for number, result in enumerate(results):
        at = ("results", number)
        key = result["outcome"], result.get("timepoint_weeks")
        told = f"{key[0]} at {'an unstated time' if key[1] is None else f'{key[1]:g} weeks'}"
        if key not in reported:
            message = f"expected a result that the trial reports in arms.csv or reported.csv, found {told}"
            faults.append(((*at, "outcome"), message))
        if seen.setdefault(key, number) != number:
            faults.append(((*at, "outcome"), f"expected each result once, found {told} twice"))
        faults += _answer_faults(result, at, full)
    return faults


def _answer_faults(result: dict, at: tuple, full: bool) -> list[tuple[tuple, str]]:
    answers = {question: told["answer"] for question, told in result["answers"].items()}
    faults = []
    for question, answer in answers.items():
        try:
            refuse(question, answer)
        except ValueError as error:
            faults.append(((*at, "answers", question), str(error)))
            continue
        if answer == "NI" and not full:
            message = f"expected not_seen where no source is a full report ({FULL_REPORT}), found NI"
            faults.append(((*at, "answers", question), message))
    if faults:
        return faults
    try:
        rob2(answers)
    except ValueError as error:
        return [((*at, "answers"), str(error))]
    return _judgement_faults(result.get("judgements", {}), answers, at)


def _judgement_faults(judged: dict, answers: dict, at: tuple) -> list[tuple[tuple, str]]:
    """List judgements that the algorithm does not propose and nobody gives a reason for."""
    domains = {domain: told["judgement"] for domain, told in judged.items() if domain != OVERALL}
    proposed = (
        rob2(answers) | {OVERALL: rob2(answers, domains).get(OVERALL)} if set(domains) <= set(DOMAINS) else {}
    )
    faults = []
    for domain, told in judged.items():
        path = (*at, "judgements", domain)
        if domain not in (*DOMAINS, OVERALL):
            faults.append((path, f"expected one of {', '.join([*DOMAINS, OVERALL])}, found {domain!r}"))
        elif proposed and "reason" not in told and str(proposed[domain]) != told["judgement"]:
            message = (
                f"expected {proposed[domain]}, as the answers give, or a reason, found {told['judgement']}"
            )
            faults.append((path, message))
    return faults


# ---- Figures and identities that contradict each other


def _contradictions(cards: dict, lines: dict, rows: dict, faults: list[Fault]) -> list[Fault]:
    """List what cannot be right in the trials that have no other fault.

    Parameters
    ----------
    cards, lines : trial id to its card, and to the lines of the card's keys
    rows : table name to its typed rows
    faults : those found so far; next to them a second one would be blamed for the first
    """
    faulty = {fault.path.split("/")[2] for fault in faults if fault.path.count("/") >= 2}
    sound = {trial_id: card for trial_id, card in cards.items() if trial_id not in faulty}
    found = [fault for trial_id, card in sound.items() for fault in _count_faults(trial_id, card, lines)]
    for row in rows["arms.csv"]:
        if row["trial_id"] in sound:
            randomized = sound[row["trial_id"]]["arms"][row["arm"]].get("randomized", {}).get("n")
            found += [Fault(row["file"], row["line"], *fault) for fault in _arm_row_faults(row, randomized)]
    harms = [row for row in rows["harms.csv"] if row["trial_id"] in sound]
    return found + _harm_faults(harms, sound) + _identity_faults(sound, lines) + _overlap_faults(sound, lines)


def _count_faults(trial_id: str, card: dict, lines: dict) -> list[Fault]:
    faults = []
    for name, arm in card.get("arms", {}).items():
        counts = [arm.get(key, {}).get("n") for key in ("completed", "randomized")]
        if None not in counts and counts[0] > counts[1]:
            path = ("arms", name, "completed", "n")
            message = f"expected at most {counts[1]}, the participants randomised, found {counts[0]}"
            faults.append(_on_card(trial_id, path, message, lines))
    return faults


def _arm_row_faults(row: dict, randomized: int | None) -> list[tuple[str, str]]:
    faults = [
        (key, f"expected at most {randomized}, the participants randomised to {row['arm']}, found {row[key]}")
        for key in ("n", "events")
        if None not in (row[key], randomized) and row[key] > randomized
    ]
    if None not in (row["sd"], row["se"]):
        faults += _spread_faults(row["sd"], row["se"], row["n"])
    return faults


def _harm_faults(rows: list[dict], cards: dict) -> list[Fault]:
    """List counts of harm above the people there were, and silence on a harm that another row reports."""
    faults, reports = [], Counter((row["trial_id"], row["harm"]) for row in rows)
    for row in rows:
        card = cards[row["trial_id"]]
        arm = card.get("arms", {}).get(row["arm"], {})
        people = (card.get("people", {}) if row["arm"] == "all" else arm.get("randomized", {})).get("n")
        whom = "in the trial" if row["arm"] == "all" else f"to {row['arm']}"
        wrong = [
            (key, f"expected at most {people}, the participants randomised {whom}, found {row[key]}")
            for key in ("events", "n")
            if None not in (row[key], people) and row[key] > people
        ]
        if (
            row["statement"] in ("not_mentioned", "results_not_seen")
            and reports[row["trial_id"], row["harm"]] > 1
        ):
            found = f"expected no other row on {row['harm']} beside {row['statement']}, found one"
            wrong.append(("statement", found))
        faults += [Fault(row["file"], row["line"], *each) for each in wrong]
    return faults


def _spread_faults(sd: float, se: float, n: int | None) -> list[tuple[str, str]]:
    # Without n the arm has two people at least.
    low, high = (sd / sqrt(n) / SLACK, sd / sqrt(n) * SLACK) if n else (0, sd / sqrt(2))
    if low <= se <= high:
        return []
    expected = f"about {sd / sqrt(n):.2g}, the sd over sqrt({n})" if n else f"at most {high:.2g}"
    return [("se", f"expected {expected}, found {se:g} beside an sd of {sd:g}")]


def _identity_faults(cards: dict, lines: dict) -> list[Fault]:
    """List trials that stand in two folders: the same own report, or the same registration."""
    seen: dict[tuple, str] = {}
    faults = []
    for trial_id, card in cards.items():
        for kind, value, path in _identities(trial_id, card):
            first = seen.setdefault((kind, value), trial_id)
            if first != trial_id:
                message = f"expected one folder for each trial, found the {kind} of {first}"
                faults.append(_on_card(trial_id, path, message, lines))
    return faults


def _overlap_faults(cards: dict, lines: dict) -> list[Fault]:
    """List composites that cover a trial which another one covers: their people would count twice."""
    faults, covered = [], {}
    for trial_id, card in cards.items():
        for part in card.get("covers", ()):
            first = covered.setdefault(part, trial_id)
            if first != trial_id:
                message = f"expected trials that no other composite covers, found {part} of {first}"
                faults.append(_on_card(trial_id, ("covers",), message, lines))
    return faults


def _identities(trial_id: str, card: dict):
    """Yield what names a trial; a card may also quote the report of another, under that one's key."""
    primary = [(k, s) for k, s in card["sources"].items() if s["kind"].startswith("primary")]
    own = [(key, source) for key, source in primary if source.get("cite") == trial_id] or primary
    for key, source in own:
        for kind in ("doi", "pmid"):
            if kind in source:
                yield kind, source[kind].lower(), ("sources", key, kind)
    if "registration" in card:
        yield "registration", card["registration"].strip().upper(), ("registration",)


def _on_card(trial_id: str, path: tuple, message: str, lines: dict) -> Fault:
    line = lines[trial_id].get(path, 1)
    return Fault(f"data/trials/{trial_id}/trial.yml", line, ".".join(path), message)
