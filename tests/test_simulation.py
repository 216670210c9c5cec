"""The simulation finds the truth it was given, and the same one whoever runs it."""

import os
import shutil
import signal
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from distributed import LocalCluster

from livingreview.__main__ import main
from livingreview.charts.figure import draw_svg
from livingreview.evidence import load_evidence
from livingreview.exhibits import operating_figure
from livingreview.reviews import Review
from livingreview.statistics import INTERVALS, pool, synthesise
from livingreview.statistics.simulation import (
    COUNTS,
    PER_BLOCK,
    Block,
    _describe,
    _draw,
    in_parallel,
    in_turn,
    operating_characteristics,
    simulate,
    tally,
    typical_variance,
)

BLOCK = Block(
    cell=0, number=0, k=5, tau2=0.5, replicates=200, seed=3, vi=(1.0, 2.0), people=(20.0, 40.0),
    differences=(0.0, 1.5), method="REML", level=0.95,
)  # fmt: skip


def test_a_tally_counts_what_pooling_each_meta_analysis_gives():
    rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(0, 0)))
    yi, vi = _draw(BLOCK, rng)
    one_more = rng.normal(0, np.sqrt(0.5), 200)
    for interval, sums in zip(INTERVALS, tally(BLOCK), strict=True):
        results = [pool(*both, interval=interval) for both in zip(yi, vi, strict=True)]
        low, high = (np.array([getattr(r, name) for r in results]) for name in ("ci_low", "ci_high"))
        estimates = np.array([r.estimate for r in results])
        expected = {
            "covered": sum((low <= 0) & (high >= 0)),
            "predicted": sum(r.pi_low <= x <= r.pi_high for r, x in zip(results, one_more, strict=True)),
            "estimate": estimates.sum(),
            "squared": (estimates**2).sum(),
            "width": (high - low).sum(),
        }
        assert sums[: len(COUNTS)] == pytest.approx([expected[name] for name in COUNTS])
        # A true mean of d moves every estimate, and so every interval, by d.
        assert sums[len(COUNTS)] == sum(low > 0)
        moved = [pool(y + 1.5, v, interval=interval).ci_low > 0 for y, v in zip(yi, vi, strict=True)]
        assert sums[len(COUNTS) + 1] == sum(moved)
        told = _describe(sums[None], 200, [interval]).iloc[0]
        assert (told.bias, told.rmse) == pytest.approx((estimates.mean(), (estimates**2).mean() ** 0.5))
        assert told.bias_se == pytest.approx(estimates.std(ddof=1) / 200**0.5)
        assert told.coverage_se == pytest.approx((told.coverage * (1 - told.coverage) / 200) ** 0.5)


def test_a_draw_has_the_variances_it_was_given():
    block = Block(**{**vars(BLOCK), "replicates": 40_000, "vi": (2.0,), "people": (12.0,)})
    yi, vi = _draw(block, np.random.default_rng(1))
    assert yi.var() == pytest.approx(2.5, rel=0.02) and abs(yi.mean()) < 0.02
    # A variance estimated on f degrees of freedom has variance 2 v^2 / f.
    assert vi.mean() == pytest.approx(2, rel=0.01) and vi.var() == pytest.approx(2 * 4 / 10, rel=0.03)
    assert abs(np.corrcoef(yi.ravel() ** 2, vi.ravel())[0, 1]) < 0.01
    # Higgins and Thompson, equation 9; of 1 and 2: weights 1 and 1/2, 1.5 / (2.25 - 1.25)
    assert typical_variance(np.full(4, 1.7)) == pytest.approx(1.7)
    assert typical_variance(np.array([1.0, 2.0])) == pytest.approx(1.5)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory, root):
    """The invented review, for all that is simulated here."""
    copy = tmp_path_factory.mktemp("simulation") / "review"
    shutil.copytree(root / "tests/invented", copy)
    return copy


@pytest.fixture(scope="module")
def simulated(made_up):
    return partial(simulate, "function", load_evidence(made_up))


def test_it_finds_what_theory_says(simulated, made_up):
    table = simulated(replicates=6000, sizes=(2, 3, 12), shares=(0, 75), seed=5)
    vi = synthesise("function", load_evidence(made_up)).trials.vi.to_numpy()
    rows = table.set_index(["k", "i2", "interval"])
    assert (table.bias.abs() < 4 * table.bias_se).all()
    # Without heterogeneity, equal variances and known ones Wald would be exact; here it is near.
    assert rows.loc[(12, 0, "wald"), "coverage"] == pytest.approx(0.95, abs=0.02)
    assert rows.loc[(12, 75, "hk"), "coverage"] == pytest.approx(0.95, abs=0.02)
    # Wald is known to be too narrow where few trials differ, and the guard never covers less than HK.
    assert rows.loc[(3, 75, "wald"), "coverage"] < 0.9
    for key, part in table.groupby(["k", "i2"]):
        one = part.set_index("interval")
        assert one.coverage["hk_adhoc"] >= max(one.coverage["hk"], one.coverage["wald"]), key
        assert (part.power_upper >= part.power_lower).all()
    assert sorted(set(table.tau2)) == pytest.approx([0, 3 * typical_variance(vi)])
    assert table.prediction.isna().equals(table.k == 2) or not table[table.k == 2].prediction.any()


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_processes(simulated):
    asked = {"replicates": PER_BLOCK + 500, "sizes": (3, 4), "shares": (0, 50), "seed": 7}
    steps = []
    here = simulated(**asked, run=in_turn)
    pd.testing.assert_frame_equal(
        here, simulated(**asked, run=in_parallel(2, done=lambda: steps.append(1))), check_exact=True
    )
    assert len(steps) == 2 * 4  # a tick for each block
    assert here.coverage.between(0.5, 1).all(), "the last block holds the 500 that are left"
    assert not here.equals(simulated(**{**asked, "seed": 8}))
    # A combination's numbers do not hang on which others are asked for in the same order.
    first = here[(here.k == 3) & (here.i2 == 0)]
    alone = simulated(**{**asked, "sizes": (3,), "shares": (0,)})
    pd.testing.assert_frame_equal(first, alone, check_exact=True)


@pytest.mark.story
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(simulated):
    asked = {"replicates": 40 * PER_BLOCK, "sizes": (12,), "shares": (0, 90), "seed": 2}
    killed = []

    def kill():
        """Kill a worker after the first block is back."""
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        there = simulated(**asked, run=in_parallel(dask=cluster.scheduler_address, done=kill))
    assert killed
    pd.testing.assert_frame_equal(there, simulated(**asked), check_exact=True)


def test_a_scheduler_that_is_silent_has_no_workers_or_runs_another_module_is_refused(monkeypatch, simulated):
    simulation = "livingreview.statistics.simulation"
    with LocalCluster(n_workers=0, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(ValueError, match="expected a scheduler with workers, found none"):
            simulated(replicates=100, run=in_parallel(dask=address))
        cluster.scale(1)
        cluster.wait_for_workers(1)
        monkeypatch.setattr(f"{simulation}.fingerprint", os.getpid)  # differs by process
        with pytest.raises(ValueError, match="another version of this review runs on"):
            simulated(replicates=100, run=in_parallel(dask=address))
    monkeypatch.setattr(f"{simulation}.PATIENCE", 0.5)
    for address in ("nonsense", "tcp://127.0.0.1:1"):
        with pytest.raises(ValueError, match=f"--dask {address}: no scheduler answers there"):
            simulated(replicates=100, run=in_parallel(dask=address))


def test_what_cannot_be_simulated_is_said_at_once(simulated, made_up):
    with pytest.raises(ValueError) as told:
        simulated(replicates=0, seed=-1, sizes=(1, 3), shares=(100, 0))
    said = str(told.value).splitlines()
    assert [line.split(":")[0] for line in said] == ["sizes", "shares", "replicates", "seed"]
    with pytest.raises(ValueError, match="stimulation: expected an analysis that pools trials"):
        simulate("stimulation", load_evidence(made_up))
    with pytest.raises(ValueError, match="sizes, shares: expected at least one"):
        simulated(sizes=())


class Deadly:
    """Kills the process that tallies it."""

    @property
    def seed(self):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_local_process_that_dies_is_told(simulated):
    with pytest.raises(ValueError, match="a process of the simulation died: run it again with fewer"):
        simulated(replicates=100, run=lambda blocks: in_parallel(2)([Deadly(), Deadly()]))


def test_the_command_prints_the_table_and_writes_it(tmp_path, simulated, made_up):
    out = tmp_path / "table.csv"
    command = [sys.executable, "-m", "livingreview", "simulate", "--analysis", "function"]
    command += ["--root", str(made_up), "--replicates", "100", "--seed", "4"]
    ran = subprocess.run([*command, "--workers", "1", "--out", out], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    written = pd.read_csv(out)
    pd.testing.assert_frame_equal(written, simulated(replicates=100, seed=4))
    assert ran.stdout.count("hk_adhoc") == len(written) / 3 and "Simulating" in ran.stderr
    assert main(["simulate", "--out", str(tmp_path)]) == 1, "a folder is refused before any work"


def test_the_figure_shows_what_the_simulation_gave(made_up):
    table = operating_characteristics("function", load_evidence(made_up)).set_index(["k", "i2", "interval"])
    few = table.loc[(3, 0, "hk_adhoc")]
    assert sorted({key[:2] for key in table.index}) == [
        (k, i2) for k in (3, 4, 6, 8, 12) for i2 in (0, 50, 90)
    ]
    figure = operating_figure(Review(made_up)["function"])
    rows = BeautifulSoup(figure.table.html, "html.parser").tbody.find_all("tr")
    assert len(rows) == len(table) and f"{100 * few.coverage:.1f}%" in rows[2].text
    assert f"Modified Hartung-Knapp {100 * few.coverage:.1f}%" in figure.alt
    assert draw_svg(figure.spec).count("<svg") == 1
