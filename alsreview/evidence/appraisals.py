"""Reads and checks our own appraisals of risk of bias."""

from pathlib import Path

from alsreview.evidence.reading import Reading, check_mapping, read_mapping
from alsreview.rob2 import DOMAINS, OVERALL, refuse, rob2
from alsreview.schema import Fault

FULL_REPORT = "primary_fulltext"
FILE = "rob2.yml"


def read_appraisal(root: Path, folder: Path, names: dict, reading: Reading) -> None:
    """Read the appraisal of a trial, if there is one, and check it against the dictionary.

    Parameters
    ----------
    root, folder : folder of the review, and that of the trial
    names : what its keys may refer to
    reading : takes the appraisal and its faults
    """
    if not (folder / FILE).is_file():
        return
    name = (folder / FILE).relative_to(root).as_posix()
    before = len(reading.faults)
    appraisal, lines = read_mapping(root, name, reading)
    check_mapping(name, appraisal, lines, names, reading)
    # What does not fit the dictionary has its fault; a second check would blame it for that again.
    if len(reading.faults) == before:
        reading.appraisals[folder.name], reading.appraisal_lines[folder.name] = appraisal, lines


def appraisal_faults(reading: Reading) -> list[Fault]:
    """List answers that RoB 2 does not have, judgements without a reason, and results that nobody reports."""
    reported = _reported(reading)
    return [
        Fault(f"data/trials/{trial_id}/{FILE}", reading.appraisal_lines[trial_id].get(path, 1), at, message)
        for trial_id, appraisal in reading.appraisals.items()
        for path, message in _faults(appraisal, reading.cards[trial_id], reported.get(trial_id, set()))
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


def _faults(appraisal: dict, card: dict, reported: set) -> list[tuple[tuple, str]]:
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
