"""Shows what each trial's intervention asked of people, as printed."""

from livingreview.effects.estimates import eligible_contrasts
from livingreview.evidence import arm_details
from livingreview.exhibits.places import entry_place, trial_address
from livingreview.reviews import Analysis
from livingreview.tables import Column, Table, table

COLUMNS = {
    "what": "What was done",
    "intensity": "Intensity",
    "sessions": "Sessions",
    "sessions_per_week": "Sessions a week",
    "minutes": "Minutes a session",
    "weeks": "Weeks",
    "supervised": "Supervision",
}


def programmes_table(analysis: Analysis) -> Table:
    """List what the programmes involved, one row per intervention arm."""
    evidence, choice = analysis.evidence, analysis.choice
    contrasts = eligible_contrasts(evidence, choice | {"composites": False})
    arms = {(row["trial_id"], row["intervention"]): row["label"] for row in contrasts}
    rows = []
    for (trial_id, arm), label in arms.items():
        card = evidence.cards[trial_id]
        said = arm_details(card["arms"][arm])
        what = said.get("what", "") + (f". Dose: {said['dose']}" if "dose" in said else "")
        own = {"trial_id": trial_id, "label": label, "what": what, "where": entry_place(card, said)}
        rows.append(said | own)
    # An item that no arm mentions has no column.
    told = [key for key in COLUMNS if any(row.get(key) for row in rows)]
    return table(
        f"{_title(choice, len(rows))} as reported",
        rows,
        {"Study": Column("label", link=lambda row: trial_address(row["trial_id"], "arms"))}
        | {COLUMNS[key]: key for key in told}
        | {"Source": "where"},
    )


def _title(choice: dict, arms: int) -> str:
    """Name what was given: protocols of stimulation against sham, programmes of anything else."""
    noun = "protocol" if "sham" in choice["contrast_kinds"] else "programme"
    what = choice["intervention"]
    # A capital after the first letter, as in tDCS, belongs to the name.
    name = what[:1].upper() + what[1:] if what[1:2].islower() else what
    return f"{name} {noun}{'' if arms == 1 else 's'}"
