"""Selects the comparisons of trials that an analysis asks about."""

from alsreview.effects.bias import trial_bias


def eligible_contrasts(evidence, choice: dict) -> list[dict]:
    """Select the randomized contrasts that an analysis asks about, composites included when it wants them.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    choice : an analysis of ``protocol.yml``

    Returns
    -------
    one mapping per contrast, of its columns but the kind
        with ``label``, ``people``, ``covers`` and ``trial_kind`` ("trial" or "composite") of its trial
    """
    found = []
    for trial_id, (trial,) in evidence.rows["trials"].items():
        if not _asked(evidence, trial, choice):
            continue
        of_trial = {key: trial[key] for key in ("label", "people", "covers")} | {"trial_kind": trial["unit"]}
        for contrast in evidence.rows["contrasts"].get(trial_id, []):
            if contrast["kind"] in choice["contrast_kinds"]:
                found.append({key: value for key, value in contrast.items() if key != "kind"} | of_trial)
    return found


def _asked(evidence, trial: dict, choice: dict) -> bool:
    return (
        trial["question"] == choice["question"]
        and trial["status"] == "included"
        and trial["trial_id"] not in choice.get("leave_out", [])
        and (trial["unit"] == "trial" or choice.get("composites", False))
        and ("risk_of_bias" not in choice or _judged(evidence, trial["trial_id"], choice["risk_of_bias"]))
    )


def _judged(evidence, trial_id: str, wanted: str) -> bool:
    judgement = trial_bias(evidence, trial_id)
    return judgement != "high" if wanted == "not_high" else judgement == wanted
