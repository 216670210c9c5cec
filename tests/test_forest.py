"""The forest plot: colours that can be told apart, a phone's form, links, blocks, and what breaks a plot."""

import base64
import json
import math
import re
from itertools import combinations

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from test_charts import draw, figure, layers, pooled, summary, texts, unit_row

from livingreview.charts import Figure, forest_forms, theme, with_pictures
from livingreview.charts.figure import draw_svg
from livingreview.charts.forest import SHAPES, SOURCE_LETTERS
from livingreview.charts.signs import LOOKS
from livingreview.effects.sources import KIND_WORDS
from livingreview.formats import inert_json
from livingreview.tables import html_table

MEANINGS = ["INK", "MUTED", "POOLED", "PREDICTION", "THRESHOLD", "INTERVENTION", "COMPARATOR"]
MEANINGS += ["LOW", "UNCLEAR", "HIGH", "LINK"]


# ---- colours


def light(colour):
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("meaning", MEANINGS)
def test_a_colour_stands_out_from_its_page_as_far_as_what_it_is_used_for_asks(meaning):
    colour, paper = getattr(theme, meaning), theme.PAPER
    for ink, page in ((colour, paper), (theme.DARK[colour], theme.DARK[paper])):
        # Only a bar is drawn in the colour of predictions, no words.
        assert contrast(ink, page) >= (3 if meaning == "PREDICTION" else 4.5)


def test_every_colour_has_one_meaning_and_a_twin_in_the_dark():
    # Black on white is 21:1; the grey that just passes as text on white is #767676, 4.54:1.
    greys = [contrast(colour, "#ffffff") for colour in ("#000000", "#767676")]
    assert greys == pytest.approx([21, 4.54], abs=0.005)
    named = [value for name, value in vars(theme).items() if re.fullmatch("#[0-9a-f]{6}", str(value))]
    assert len(named) == len(set(named)) == len(MEANINGS) + 2  # and the paper, and rules that say nothing
    assert set(theme.DARK) == set(named) and len(set(theme.DARK.values())) == len(named)
    style = theme.chart_style()
    assert all(f'[fill="{light_}" i] {{ fill: {dark}' in style for light_, dark in theme.DARK.items())
    for part in ("axis", "legend"):
        config = theme.lr_theme()["config"][part]
        assert {config["labelColor"], config["titleColor"]} <= set(theme.DARK)


# Viénot, Brettel & Mollon (1999): how a person without one kind of cone sees linear RGB.
BLIND = {
    "protan": [[0.1124, 0.8876, 0.0], [0.1124, 0.8876, 0.0], [0.0040, -0.0040, 1.0]],
    "deutan": [[0.2928, 0.7072, 0.0], [0.2928, 0.7072, 0.0], [-0.0223, 0.0223, 1.0]],
}


def seen(colour, kind):
    parts = [(int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
    return [sum(w * part for w, part in zip(row, parts, strict=True)) for row in BLIND[kind]]


@pytest.mark.parametrize("kind", BLIND)
def test_the_two_sides_differ_for_the_colour_blind(kind):
    for pair in ((theme.INTERVENTION, theme.COMPARATOR), (theme.POOLED, theme.THRESHOLD)):
        for one, other in (pair, [theme.DARK[each] for each in pair]):
            apart = math.dist(seen(one, kind), seen(other, kind))
            assert apart > 0.1, (one, other, apart)


def test_marks_of_bias_and_source_differ_without_any_colour():
    looks = [(SHAPES[name][0], sign) for name, (_, sign) in LOOKS.items()]
    assert all(one[0] != other[0] and one[1] != other[1] for one, other in combinations(looks, 2))
    letters = list(SOURCE_LETTERS.values())
    assert len(set(letters)) == len(letters) and set(SOURCE_LETTERS) == set(KIND_WORDS)


# ---- marks, links, foot


def marked(**more):
    """Give three trials that differ in judgement and source."""
    told = [("Abel", "low", "primary_abstract"), ("Berg", "high", "secondary_review")]
    told += [("Cole", "low to high", "primary_abstract")]
    rows = [
        unit_row(
            name, float(i), 2.0, bias=bias, source_kind=kind, href="" if i == 2 else f"trials/{name}.html"
        )
        for i, (name, bias, kind) in enumerate(told)
    ]
    return pd.DataFrame([row | more for row in rows] + [pooled()])


@pytest.mark.parametrize("narrow", [False, True])
def test_each_trial_bears_its_link_its_judgement_and_the_letter_of_its_source_and_a_key_reads_them(narrow):
    spec = draw(marked(), narrow=narrow)
    rows = {id(layer): spec["datasets"][layer["data"]["name"]] for layer in spec["layer"]}
    signs = [row["sign"] for layer in spec["layer"] if layer["mark"]["type"] == "text"
             for row in rows[id(layer)] if "sign" in row]  # fmt: skip
    # once beside the trial, once in the key
    assert sorted(signs) == sorted([*"++\u2212\u2212AAAVV", "+\u2212", "+\u2212"])
    # The range is an open mark, so that it does not look like a judgement.
    assert len(layers(spec, "point", shape="circle", fill=theme.PAPER)) == 2
    assert {"Cole", "low", "high", "low to high", "abstract", "review (second-hand)"} <= set(texts(spec))
    assert not {"some concerns", "full paper", "registry"} & set(texts(spec))
    linked = {row["label"]: row["href"] for layer in spec["layer"] if "href" in layer["encoding"]
              for row in rows[id(layer)]}  # fmt: skip
    assert linked == {"Abel": "trials/Abel.html", "Berg": "trials/Berg.html"}
    plain = texts(draw(summary(2, pooled()), heterogeneity="Heterogeneity: some", narrow=narrow))
    assert not {"Bias", "From", "Risk of bias (RoB 2, partial):", "Read in:"} & set(plain)
    assert "Heterogeneity: some" in " ".join(plain)


# ---- the narrow form


@pytest.mark.parametrize("k", [0, 1, 5, 200])
def test_both_forms_hold_the_same_numbers_and_the_narrow_one_is_narrow(k):
    frame = pd.DataFrame([*(unit_row(f"Abel {i}", math.sin(i), 2.0) for i in range(k)), pooled()])
    wide, narrow = (form.to_dict() for form in forest_forms(frame, title="A title", unit="points"))
    numbers = [sorted(t for t in texts(spec) if re.search(r" to |\u00a0%", t)) for spec in (wide, narrow)]
    assert numbers[0] == numbers[1] and numbers[0]
    assert len(layers(wide, "point", shape="square")) == len(layers(narrow, "point", shape="square")) == k
    assert (wide["width"], narrow["width"]) == (680, 276)
    assert "No trial in this analysis" in texts(draw(frame.iloc[:0], narrow=True))


def test_the_narrow_form_fits_a_small_phone_with_words_of_eleven_px():
    frame = marked(note="adjusted scores, 26 weeks, n assumed", arm_intervention="resistance training")
    options = {"title": "A rather long title of a plot that has to be broken", "unit": "points on a scale"}
    options |= {"favours": ("standard rehabilitation", "supervised exercise"), "threshold": (0.5, 0.8)}
    _, narrow = forest_forms(frame, threshold_label="worthwhile, derived from surveys", **options)
    svg = figure(frame, narrow).svg()
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 288  # what a page of 320 px leaves
    assert min(float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)) >= 11


def test_the_page_holds_both_forms_and_one_picture_of_the_wide_one():
    frame = summary(2, pooled())
    wide, narrow = forest_forms(frame, title="T", unit="points")
    shown = Figure(wide, "What it shows.", "See.", html_table(frame[["label"]], caption="N"), narrow)
    page = BeautifulSoup(with_pictures(shown._repr_html_()), "html.parser")
    (picture,) = page.select("img.lr-static")
    drawn = base64.b64decode(picture["src"].partition(",")[2]).decode()
    assert drawn == draw_svg(json.loads(inert_json(shown.spec)))
    assert page.select_one("script.lr-spec") and page.select_one("script.lr-spec-narrow")


# ---- subgroups


# ---- bad input


@pytest.mark.parametrize("k", [1, 8])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("narrow", [False, True])
def test_an_effect_a_hundred_times_the_rest_leaves_the_axis_with_an_arrow_and_a_note(k, side, narrow):
    near = [unit_row(f"Abel {2001 + i}", 1.0 + i / 10, 1.5) for i in range(k)]
    spec = draw(pd.DataFrame([*near, unit_row("Far 2009", side * 150.0, 40.0)]), narrow=narrow)
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert high - low < 30
    arrows = layers(spec, "point", shape="triangle-right" if side > 0 else "triangle-left", size=70)
    assert [row["label"] for row in arrows if "label" in row] == ["Far 2009"]
    assert "extends beyond the axis" in " ".join(texts(spec))
    assert [row["label"] for row in layers(spec, "point", shape="square")] == [row["label"] for row in near]
    # Effects that all are large keep the axis to themselves.
    spec = draw(pd.DataFrame([unit_row(f"Abel {i}", 150.0 + i, 10.0) for i in range(3)]))
    assert len(layers(spec, "point", shape="square")) == 3 and "beyond the axis" not in " ".join(texts(spec))
