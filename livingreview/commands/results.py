"""Commands that follow a result to its sources, and try its method where the truth is known."""

from pathlib import Path

from livingreview.commands.parts import command, positive
from livingreview.evidence.files import replace_file


def register(commands) -> None:
    """Add the commands that follow a result to its sources and try its method on a known truth."""
    trace = command(
        commands, "trace", _trace, "trace a result to its rows of data and their sources", "ANALYSIS"
    )
    trace.add_argument("analysis_id", help="an analysis of data/protocol.yml")
    _register_simulate(commands)


def _register_simulate(commands) -> None:
    simulate = command(
        commands,
        "simulate",
        _simulate,
        "estimate coverage, bias and power of the primary analysis by simulation",
    )
    simulate.add_argument("--analysis", help="a pooled one of data/protocol.yml (default: the first)")
    simulate.add_argument(
        "--replicates", type=int, default=10_000, help="per combination (default: %(default)s)"
    )
    simulate.add_argument(
        "--seed",
        type=int,
        default=1,
        help="seed; the same seed gives the same numbers (default: %(default)s)",
    )
    where = simulate.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, help="processes (default: one per core)")
    where.add_argument("--dask", metavar="ADDRESS", help="scheduler of a cluster, such as tcp://host:8786")
    simulate.add_argument("--out", type=Path, help="file to write the table to, as CSV")


def _trace(arguments) -> int:
    from livingreview.reviews import Review
    from livingreview.trace import trace

    print(*trace(Review(arguments.root)[arguments.analysis_id]), sep="\n")
    return 0


def _simulate(arguments) -> int:
    if arguments.out:
        _make_room(arguments.out)
    table = _simulated(arguments)
    print(table.drop(columns=["tau2", "replicates"]).to_string(index=False, float_format="{:.3f}".format))
    if arguments.out:
        replace_file(arguments.out, table.to_csv(index=False).encode())
    return 0


def _make_room(path: Path) -> None:
    """Make the folder of a file before the hours of work that it is for, or say why there can be none."""
    if path.is_dir():
        raise ValueError(f"{path}: a folder; expected a file to write the table to")
    path.parent.mkdir(parents=True, exist_ok=True)


def _simulated(arguments):
    from rich.console import Console
    from rich.progress import Progress

    from livingreview.reviews import Review
    from livingreview.statistics.simulation import in_parallel, simulate

    review = Review(arguments.root)
    pooled = (name for name, each in review.items() if each.choice["synthesis"] == "pool")
    analysis_id = arguments.analysis or next(pooled, next(iter(review)))
    # On standard error, so that the table can be redirected.
    with Progress(console=Console(stderr=True)) as progress:

        def run(blocks):
            task = progress.add_task("Simulating", total=len(blocks))
            return in_parallel(arguments.workers, arguments.dask, lambda: progress.advance(task))(blocks)

        return simulate(
            analysis_id, review.evidence, replicates=arguments.replicates, seed=arguments.seed, run=run
        )
