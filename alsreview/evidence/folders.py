"""Reads and checks the folder of a trial: its card and its tables."""

import re
from pathlib import Path

from alsreview.evidence.appraisals import read_appraisal
from alsreview.evidence.cards import card_faults
from alsreview.evidence.reading import Reading, check_mapping, keys_of, read_mapping, read_rows
from alsreview.evidence.rows import ROW_KEYS
from alsreview.schema import Fault

TRIAL_ID = re.compile(r"[a-z]+[0-9]{4}[a-z]?")
TRIAL_FILES = {"trial.yml", "arms.csv", "reported.csv", "harms.csv", "rob2.yml"}


def trial_folders(root: Path) -> list[Path]:
    """List what stands among the trials, in order."""
    trials = root / "data/trials"
    return sorted(p for p in trials.iterdir() if not p.name.startswith(".")) if trials.is_dir() else []


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
        message = f"expected author and year such as lunetta2016, found {folder.name!r}"
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
    reading.faults += card_faults(f"{name}/trial.yml", card, lines)
    reading.cards[folder.name], reading.lines[folder.name] = card, lines
    for table in ROW_KEYS:
        read_rows(root, folder / table, names | own, reading, {"trial_id": folder.name})
    read_appraisal(root, folder, names | own, reading)
