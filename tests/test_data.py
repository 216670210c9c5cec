"""What holds for any evidence that this review may come to hold."""

import numpy as np
import pytest

from livingreview.evidence import check_evidence, load_evidence
from livingreview.statistics import Unpooled, directions, synthesise, unread

pytestmark = pytest.mark.evidence
CI_METHODS = {"wald": "normal", "hk": "hksj", "hk_adhoc": "adhoc"}


@pytest.fixture(scope="module")
def evidence(root):
    return load_evidence(root)


@pytest.fixture(scope="module")
def syntheses(evidence):
    """The result of each analysis that pools, and of each of its alternatives."""
    return {
        (name, alternative): synthesise(name, evidence, alternative=alternative)
        for name, choice in evidence.protocol["analyses"].items()
        if choice["synthesis"] == "pool"
        for alternative in (None, *choice.get("alternatives", {}))
    }


def test_the_evidence_has_no_fault(root):
    assert check_evidence(root) == []


def test_a_second_implementation_agrees_on_every_pooled_number(syntheses):
    from meta_analyze import meta_analysis

    for name, ours in syntheses.items():
        trials = ours.trials
        assert np.isfinite(trials.yi.astype(float)).all() and (trials[["vi", "people"]] > 0).all(axis=None), (
            name
        )
        if isinstance(ours, Unpooled):
            assert ours.k < 2
            continue
        theirs = meta_analysis(
            effect=trials.yi,
            variance=trials.vi,
            tau2_method=ours.method,
            ci_method=CI_METHODS[ours.interval],
            atol=1e-13,
            max_iter=10_000,
        )
        for key in ("estimate", "ci_low", "ci_high", "tau2", "i2", "q"):
            value = getattr(theirs, key) * (100 if key == "i2" else 1)
            assert getattr(ours, key) == pytest.approx(value, rel=1e-8, abs=1e-9), (name, key)


def test_no_randomized_trial_is_lost(evidence, syntheses):
    told, used_or_absent, kinds = set(), set(), {}
    for name, choice in evidence.protocol["analyses"].items():
        used = set(syntheses[name, None].trials.trial_id) if (name, None) in syntheses else set()
        used |= {trial for unit in used for trial in evidence.cards[unit].get("covers", [])}
        absent, found = set(unread(name, evidence).trial_id), directions(name, evidence).trial_id
        assert not used & absent and not found.duplicated().any(), name
        told |= set(found)
        used_or_absent |= used | absent
        kinds.setdefault(choice["question"], set()).update(choice["contrast_kinds"])
    randomized = {
        trial_id: {contrast["kind"] for contrast in card.get("contrasts", {}).values()}
        for trial_id, card in evidence.cards.items()
        if card["allocation"] == "randomized" and card["unit"] == "trial" and "excluded" not in card
    }
    eligible = {
        name for name, own in randomized.items() if own & kinds.get(evidence.cards[name]["question"], set())
    }
    assert set(randomized) <= told and eligible and eligible <= used_or_absent
