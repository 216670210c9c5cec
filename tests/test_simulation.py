"""The simulation finds the truth it was given, and the same one whoever runs it."""

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.__main__ import main
from livingreview.charts.figure import draw_svg
from livingreview.evidence import load_evidence
from livingreview.exhibits import operating_figure
from livingreview.reviews import Review
from livingreview.statistics import INTERVALS, pool, simulation, synthesise
from livingreview.statistics.simulation import (
    COUNTS,
    PER_BLOCK,
    Block,
    _describe,
    _draw,
    in_parallel,
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
    names = ["estimate", "ci_low", "ci_high", "pi_low", "pi_high"]
    for interval, sums in zip(INTERVALS, tally(BLOCK), strict=True):
        results = [pool(*both, interval=interval) for both in zip(yi, vi, strict=True)]
        estimates, low, high, pi_low, pi_high = np.array([[getattr(r, n) for n in names] for r in results]).T
        expected = {
            "coverage": sum((low <= 0) & (high >= 0)),
            "prediction": sum((pi_low <= one_more) & (one_more <= pi_high)),
            "bias": estimates.sum(),
            "squared": (estimates**2).sum(),
            "width": (high - low).sum(),
        }
        assert sums[: len(COUNTS)] == pytest.approx([expected[name] for name in COUNTS])
        # A true mean of d moves every estimate, and so every interval, by d.
        assert list(sums[len(COUNTS) :]) == [sum(low > 0), sum(low > -1.5)]
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


INVENTED = Path(__file__).parent / "invented"


@pytest.fixture(scope="module")
def simulated():
    return partial(simulate, "function", load_evidence(INVENTED))


def test_it_finds_what_theory_says(simulated):
    table = simulated(replicates=6000, sizes=(2, 3, 12), shares=(0, 75), seed=5)
    vi = synthesise("function", load_evidence(INVENTED)).trials.vi.to_numpy()
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
    assert table.prediction.isna().equals(table.k == 2)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_processes(simulated):
    asked, steps = {"replicates": PER_BLOCK + 500, "sizes": (3, 4), "shares": (0, 50), "seed": 7}, []
    here, there = simulated(**asked), simulated(**asked, run=in_parallel(2, done=lambda: steps.append(1)))
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert len(steps) == 2 * 4  # a tick for each block
    assert here.coverage.between(0.5, 1).all(), "the last block holds the 500 that are left"
    assert not here.equals(simulated(**asked | {"seed": 8}))
    # A combination's numbers do not hang on which others are asked for in the same order.
    alone = simulated(**asked | {"sizes": (3,), "shares": (0,)})
    pd.testing.assert_frame_equal(here[(here.k == 3) & (here.i2 == 0)], alone, check_exact=True)


def local_cluster(**how):
    from distributed import LocalCluster

    return LocalCluster(processes=True, dashboard_address=None, **how)


@pytest.mark.story
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(simulated):
    asked = {"replicates": 15 * PER_BLOCK, "sizes": (3,), "shares": (0, 90), "seed": 2}
    killed = []

    def kill():
        if not killed:  # after the first block is back
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    with local_cluster(n_workers=2, threads_per_worker=1) as cluster:
        there = simulated(**asked, run=in_parallel(dask=cluster.scheduler_address, done=kill))
    assert killed
    pd.testing.assert_frame_equal(there, simulated(**asked), check_exact=True)


def test_a_scheduler_that_is_silent_has_no_workers_or_runs_another_module_is_refused(monkeypatch, simulated):
    def refused(address, message):
        with pytest.raises(ValueError, match=message):
            simulated(replicates=100, run=in_parallel(dask=address))

    with local_cluster(n_workers=0) as cluster:
        refused(cluster.scheduler_address, "expected a scheduler with workers, found none")
        cluster.scale(1)
        cluster.wait_for_workers(1)
        monkeypatch.setattr(simulation, "fingerprint", os.getpid)  # differs by process
        refused(cluster.scheduler_address, "another version of this review runs on")
    monkeypatch.setattr(simulation, "PATIENCE", 0.5)
    for address in ("nonsense", "tcp://127.0.0.1:1"):
        refused(address, f"--dask {address}: no scheduler answers there")


class Deadly:
    """Kills the process that tallies it."""

    @property
    def seed(self):
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_cannot_be_simulated_is_said(simulated):
    with pytest.raises(ValueError) as told:
        simulated(replicates=0, seed=-1, sizes=(1, 3), shares=(100, 0))
    said = str(told.value).splitlines()
    assert [line.split(":")[0] for line in said] == ["sizes", "shares", "replicates", "seed"]
    with pytest.raises(ValueError, match="stimulation: expected an analysis that pools trials"):
        simulate("stimulation", load_evidence(INVENTED))
    with pytest.raises(ValueError, match="sizes, shares: expected at least one"):
        simulated(sizes=())
    with pytest.raises(ValueError, match="a process of the simulation died: run it again with fewer"):
        in_parallel(2)([Deadly(), Deadly()])


def test_the_command_prints_the_table_and_writes_it(tmp_path, simulated, capsys):
    out = tmp_path / "table.csv"
    command = ["simulate", "--analysis", "function", "--root", str(INVENTED), "--replicates", "100"]
    assert main([*command, "--seed", "4", "--workers", "1", "--out", str(out)]) == 0
    written, told = pd.read_csv(out), capsys.readouterr()
    pd.testing.assert_frame_equal(written, simulated(replicates=100, seed=4))
    assert told.out.count("hk_adhoc") == len(written) / 3 and "Simulating" in told.err
    assert main(["simulate", "--out", str(tmp_path)]) == 1, "a folder is refused before any work"


def test_the_figure_shows_what_the_simulation_gave():
    table = operating_characteristics("function", load_evidence(INVENTED))
    few = table.query("k == 3 and i2 == 0 and interval == 'hk_adhoc'").iloc[0]
    assert len(table) == 5 * 3 * len(INTERVALS)
    figure = operating_figure(Review(INVENTED)["function"])
    rows = BeautifulSoup(figure.table.html, "html.parser").tbody.find_all("tr")
    assert len(rows) == len(table) and f"{100 * few.coverage:.1f}%" in rows[2].text
    assert f"Modified Hartung-Knapp {100 * few.coverage:.1f}%" in figure.alt
    assert draw_svg(figure.spec).count("<svg") == 1
