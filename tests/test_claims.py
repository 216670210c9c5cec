"""The audit accuses no true claim, finds contradictions, and says what it cannot read."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from invented_review import edit, rows

from livingreview.claims import VERDICTS, audit_claim, claims
from livingreview.evidence import check_evidence, load_evidence
from livingreview.exhibits import nearest_table
from livingreview.formats import interval, number
from livingreview.reviews import Review
from livingreview.schema import printed_figure
from livingreview.statistics import synthesise

REVIEW = "data/reviews/omega2020.yml"
RATIOS = ("RR", "OR", "HR")
FORWARD = {"log": math.exp, "Fisher z": math.tanh, "plain": float}


@st.composite
def true_claims(draw):
    """Print a claim that is true under one scale, distribution, side and level."""
    from scipy.stats import norm, t

    measure = draw(st.sampled_from(["MD", "SMD", "RD", *RATIOS, "r"]))
    scale = draw(st.sampled_from(["log", "plain"] if measure in RATIOS else ["Fisher z", "plain"])) \
        if measure in (*RATIOS, "r") else "plain"  # fmt: skip
    null = 1.0 if measure in RATIOS and scale == "plain" else 0.0
    size = draw(st.sampled_from([0.01, 1, 300])) if measure == "MD" else 0.5
    distance, error = draw(st.floats(-4, 4)), size * draw(st.floats(0.02, 1))
    law = draw(st.one_of(st.just(norm), st.floats(1, 200).map(t)))
    level, sides = draw(st.sampled_from([0.90, 0.95, 0.99])), draw(st.sampled_from([1, 2]))
    width = law.isf((1 - level) / draw(st.sampled_from([2, sides])))
    centre = null + distance * error
    estimate, low, high = (FORWARD[scale](centre + side * width * error) for side in (0, -1, 1))
    assume(measure not in RATIOS or (low >= 0 and high < 1e6))
    assume(measure != "r" or -1 <= low <= high <= 1)
    one = draw(st.sampled_from([1, -1])) * distance if sides == 1 else abs(distance)
    p = sides * law.sf(one)
    kept = draw(st.sets(st.sampled_from(["ci_low", "ci_high", "p", "z", "estimate"])))
    digits = {name: draw(st.integers(0, 4)) for name in ("estimate", "ci_low", "ci_high", "p", "z")}
    values = {"estimate": estimate, "ci_low": low, "ci_high": high, "p": p, "z": distance}
    figures = {name: f"{values[name]:.{digits[name]}f}" for name in kept}
    if "p" in kept and p < 0.001 and draw(st.booleans()):
        figures["p"] = draw(st.sampled_from(["<0.001", "P < .001", "< 0.01"]))
    return measure, figures


@settings(max_examples=300, deadline=None)
@given(true_claims())
def test_a_true_claim_is_never_accused(claim):
    measure, figures = claim
    audit = audit_claim(measure, figures.pop("estimate", None), **figures)
    assert audit.verdict in ("consistent", "not recomputable"), (measure, figures, audit)
    assert audit.findings


# Claims of published form: what they print, and the verdict that hand arithmetic gives.
KNOWN = [
    # middle of -2.01 and 3.40 is 0.695, not -0.68
    (("MD", "-0.68", "-2.01", "3.40"), {"z": "7.66"}, "inconsistent"),
    # middle of -2.42 and 7.58 is 2.58, not 5.00
    (("MD", "5.00", "-2.42", "7.58"), {"z": "3.80"}, "inconsistent"),
    # with the sign put back: 2.58 either way, SE 1.316, z 3.80
    (("MD", "5.00", "2.42", "7.58"), {"z": "3.80", "p": "<0.001"}, "consistent"),
    (("RR", "-1.41"), {}, "impossible"),
    # zero by rounding, or no event in one arm
    (("RR", "0.00"), {}, "not recomputable"),
    (("OR", "0", "0", "3.2"), {}, "consistent"),
    # 1.50 -/+ 2.00, cut at 0; 0.80 -/+ 0.30, cut at 1
    (("RR", "1.50", "0.00", "3.50"), {}, "consistent"),
    (("r", "0.80", "0.50", "1.00"), {}, "consistent"),
    (("RR", "1.50", "0.10", "3.50"), {}, "inconsistent"),
    # sqrt(0.50 * 0.98) = 0.70; ln(0.98 / 0.50) / 3.92 = 0.172; z = 2.08; p = 0.038
    (("HR", "0.70", "0.50", "0.98"), {"p": "0.02"}, "consistent"),  # one-sided
    (("HR", "0.70", "0.50", "0.98"), {"p": "0.21"}, "inconsistent"),
    # the least is one-sided and from 99% limits: z = 2.08 x 2.576 / 1.960 = 2.73, p = 0.003
    (("HR", "0.70", "0.50", "0.98"), {"p": "0.001"}, "inconsistent"),
    (("HR", "0.70", "0.50", "0.98"), {"p": "NS"}, "consistent"),
    # atanh 0.3095; (atanh(0.48) - atanh(0.10)) / 3.92 = 0.1078; z = 2.87, p = 0.004
    (("r", "0.30", "0.10", "0.48"), {"p": "0.004"}, "consistent"),
    (("r", "0.30", "0.10", "0.48"), {"p": "0.5"}, "inconsistent"),
    (("r", "0.10", "0.20", "0.64"), {}, "impossible"),
    (("r", "1.3"), {}, "impossible"),
    (("r", "-1.3"), {}, "impossible"),
    (("MD", "1.0", "2.0", "-0.5"), {}, "impossible"),
    # rounding may put 3.1 at its limit of 3.0, but never in the middle of 1.0 and 3.0
    (("MD", "3.1", "1.0", "3.0"), {}, "inconsistent"),
    (("MD", "3.10", "1.00", "3.00"), {}, "impossible"),
    (("SMD", "0.5"), {"i2": "100.4"}, "impossible"),
    (("SMD", "0.5"), {"i2": "100 %"}, "not recomputable"),
    (("SMD", "0.5"), {"p": "1.2"}, "impossible"),
    (("SMD", "0.5"), {"p": "1.00"}, "not recomputable"),
    (("SMD", "0.5"), {"k": 12, "n": 9}, "inconsistent"),
    # two-sided p of z = 0.1 is 0.92, one-sided 0.46 or 0.54
    (("SMD", "0.5"), {"z": "0.1", "p": "0.2"}, "inconsistent"),
    (("MD", None, "1.0", "3.0"), {"p": "0.5"}, "inconsistent"),
    # the largest is two-sided, from 90% limits and one degree of freedom: t = 2 x 6.31, p = 0.05
    (("MD", None, "1.00", "3.00"), {"p": "0.08"}, "inconsistent"),
    (("MD", "2.0", "1.0"), {"p": "0.5"}, "inconsistent"),
    # no SE gives a z of 0 to an estimate of 2.0
    (("MD", "2.0", "1.0"), {"z": "0.00"}, "inconsistent"),
    (("MD", None), {}, "not recomputable"),
]


@pytest.mark.parametrize(("figures", "tests", "verdict"), KNOWN)
def test_a_known_claim_has_its_verdict(figures, tests, verdict):
    audit = audit_claim(*figures, **tests)
    assert audit.verdict == verdict, audit
    assert all(finding.endswith(".") for finding in audit.findings)


UNFIT = "No interpretation fits all reported figures."
FINDINGS = [
    # sqrt(0.50 x 0.98) = 0.70; ln(0.98 / 0.50) / 3.92 = 0.1717; ln(0.70) / 0.1717 = -2.08
    (
        ("HR", "0.70", "0.50", "0.98"), {"p": "0.001"},
        "On the log scale the midpoint of 0.50 and 0.98 is 0.7000 (0.6947 to 0.7053 with rounding), which fits "
        "the estimate 0.70.",
        "As a normal 95% interval on the log scale: standard error 0.172, z \u22122.08, p 0.038.",
        "No interpretation of the interval allows p 0.001; the nearest, log scale, 99%, normal, one-sided p, "
        "allows 0.003 to 0.004 or > 0.99.",
        UNFIT,
    ),
    # 2 / 300 = 0.00667, 2 -/+ 1.96 x 0.00667; the half-width 0.9 to 1.1, and its quantile 1.28 to 63.66
    (
        ("MD", "2.0", "1.0"), {"z": "300"},
        "From the estimate and z alone: standard error 0.00667, normal 95% limits 1.99 and 2.01.",
        "With every level and df the interval allows a statistic of 2.38 to 138 in size; reported: 300.",
        UNFIT,
    ),
    # 1999.4 / 2 = 999.7; 1999.4 -/+ 1.96 x 999.7; the half-width is 999.4, and its quantile 1.28 to 63.66
    (
        ("MD", "1999.4", "1000.0"), {"z": "2.0"},
        "From the estimate and z alone: standard error 1000, normal 95% limits 40.0 and 3959.",
        "With every level and df the interval allows a statistic of 2.56 to 128 in size; reported: 2.0.",
        UNFIT,
    ),
    # 2 / 3.92 = 0.510; 4 / 2.1 x 1.28 to 4 / 1.9 x 63.66; with one df p = 2 / (299.5 pi) = 0.002
    (
        ("MD", None, "1.0", "3.0"), {"z": "300", "p": "<0.001"},
        "As a normal 95% interval: standard error 0.510, z 3.92, p < 0.001.",
        "With every level and df the interval allows a statistic of 2.44 to 134 in size; reported: 300.",
        "z 300 alone gives a two-sided p of < 0.001 (normal) or up to 0.002 (t), or half of that one-sided; "
        "reported: p < 0.001.",
        "The interval alone allows p < 0.001 (plain scale, 95%, normal, two-sided p: < 0.001).",
        UNFIT,
    ),
    # 5.16 / 3.92 = 1.32; 5 / 1.316 = 3.80
    (
        ("MD", "5.00", "2.42", "7.58"), {"z": "3.80", "p": "<0.001"},
        "On the plain scale the midpoint of 2.42 and 7.58 is 5.000 (4.995 to 5.005 with rounding), which fits "
        "the estimate 5.00.",
        "As a normal 95% interval: standard error 1.32, z 3.80, p < 0.001.",
        "p < 0.001 and z 3.80 fit the interval (plain scale, 95%, normal, two-sided p: p < 0.001).",
    ),
    # sqrt(0.5 x 3.25) = 1.275; a limit of 0 has no logarithm, and so gives no standard error
    (
        ("OR", "0", "0", "3.2"), {},
        "On the log scale the midpoint of 0 and 3.2 is 0 (0 to 1.275 with rounding), which fits the estimate 0.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("figures", "tests", "findings"), [(f, t, said) for f, t, *said in FINDINGS])
def test_the_arithmetic_of_a_verdict_is_told(figures, tests, findings):
    assert list(audit_claim(*figures, **tests).findings) == findings


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("0.60", 0.595, 0.605), ("0.6", 0.55, 0.65), (0.60, 0.55, 0.65), (5.0, 4.5, 5.5), (12, 11.5, 12.5),
     ("\u22121.41", -1.415, -1.405), ("\u20131.4", -1.45, -1.35), (".03", 0.025, 0.035), ("0\u00b761", 0.605, 0.615),
     ("2e-3", 0.0015, 0.0025), ("2.1 \u00d7 10\u22125", 2.05e-5, 2.15e-5), ("+3", 2.5, 3.5)],
)  # fmt: skip
def test_a_figure_stands_for_what_is_printed_so(value, low, high):
    read = printed_figure(value)
    assert (read.low, read.high) == pytest.approx((low, high), rel=1e-8)
    assert read.low <= low and high <= read.high


@pytest.mark.parametrize(
    "value", ["0,61", "1,234", "", "abc", "1 2", "--1", "0.61*", "nan", "inf", "1e999", "0e999", math.nan, math.inf, True, [1]]
)  # fmt: skip
def test_what_is_no_single_figure_is_refused(value):
    with pytest.raises(ValueError, match="estimate: expected a"):
        audit_claim("MD", value)
    with pytest.raises(ValueError, match="k: expected a whole number of at least 1"):
        audit_claim("MD", 1, k=value)
    with pytest.raises(ValueError, match="measure: expected one of MD, SMD"):
        audit_claim("adjusted_MD", 1)


ODD = "0 0.00 1.00 -1 -0.0 1e-5 1e300 1e-300 -1000000 0.999 2 12345.678".split()
ODD_OR_NONE = st.sampled_from([None, *ODD])


@given(
    st.sampled_from(["MD", "RR", "r"]), *[ODD_OR_NONE] * 4, st.sampled_from([None, "0", "1", "0.05", "NS"])
)
@settings(max_examples=150, deadline=None)
def test_no_figures_whatever_break_the_audit(measure, estimate, low, high, z, p):
    audit = audit_claim(measure, estimate, low, high, z=z, p=p)
    assert audit.verdict in VERDICTS and audit.findings
    assert not [finding for finding in audit.findings if "nan" in finding or "inf" in finding]


def test_the_invented_claims_have_their_verdicts(review):
    found = claims(load_evidence(review)).set_index("claim_id")
    assert "Available: no effect size and p 0.03;" in found.findings["omega_silent"][0]
    assert dict(found.verdict) == {
        "omega_score": "consistent",
        "omega_sign": "inconsistent",
        "omega_ratio": "impossible",
        "omega_bayes": "not recomputable",
        "omega_silent": "not recomputable",
    }


# ruff: noqa: E501
BROKEN = {
    "a number for a printed figure": ('p: "0.03"', "p: 0.03", "claims.omega_silent.p: expected text, found 0.03; put it in quotes"),
    "no figure": ('estimate: "-0.50"', 'estimate: "minus half"', "claims.omega_ratio.estimate: expected a figure such as"),
    "decimal comma": ('estimate: "-0.50"', 'estimate: "-0,50"', "write a decimal point"),
    "limits without a measure": ("measure: MD, worded: MD, estimate: \"2.0\", ci_low: \"1.0\", ci_high: \"5.0\"", "worded: MD, ci_low: \"1.0\"", "claims.omega_bayes.measure: expected the measure"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_of_a_claim_file_is_named_with_its_place(review, name):
    old, new, message = BROKEN[name]
    edit(review / REVIEW, old, new)
    faults = [str(fault) for fault in check_evidence(review)]
    assert any(fault.startswith(f"{REVIEW}:") and message in fault for fault in faults), faults


@pytest.mark.parametrize(
    "content", ["", "- a list", "claims: 7", "claims: {a: 7}", "copies: [a]", "label: [x]"]
)
def test_a_broken_claim_file_is_a_fault_and_never_a_crash(review, content):
    (review / REVIEW).write_text(content)
    (review / "data/reviews/Notes.txt").write_text("x")
    faults = [str(fault) for fault in check_evidence(review)]
    assert any(fault.startswith(f"{REVIEW}:") for fault in faults)
    assert any("Notes.txt:1: file: expected a file named by author and year" in fault for fault in faults)


def test_a_claim_stands_beside_our_nearest_result_with_the_gap(review):
    edit(review / REVIEW, 'worded: MD, estimate: "2.0", ci_low: "1.0", ci_high: "3.0"',
         'worded: MD, ours: function, estimate: "2.0", ci_low: "1.0", ci_high: "3.0"')  # fmt: skip
    ((_, _, ours, gap),) = rows(nearest_table(Review(review)))
    result = synthesise("function", load_evidence(review))
    assert ours == f"{number(result.estimate)} ({interval(result.ci_low, result.ci_high)})"
    assert gap == number(2 - result.estimate, 2)
