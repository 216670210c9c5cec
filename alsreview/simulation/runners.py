"""Runs the blocks of a simulation: one after the other, on every core, or on a Dask cluster."""

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from alsreview.simulation.block import Block, tally

PATIENCE = 10  # seconds that a scheduler may take to answer
RETRIES = 3


def in_turn(blocks: Sequence[Block]) -> Iterator[np.ndarray]:
    """Tally one block after the other, in this process."""
    return map(tally, blocks)


def on_cores(workers: int | None = None, done: Callable[[], None] = lambda: None):
    """Make a runner that uses several processes, by default one per core; ``done`` follows each block.

    Raises
    ------
    ValueError
        When a process dies, as one does that runs out of memory.
    """

    def run(blocks: Sequence[Block]) -> list[np.ndarray]:
        # Forking a process that has threads can lock it up for good.
        spawn = multiprocessing.get_context("spawn")
        try:
            with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=spawn) as pool:
                futures = [pool.submit(tally, block) for block in blocks]
                for _ in as_completed(futures):
                    done()
                return [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise ValueError("a process of the simulation died: run it again with fewer workers") from error

    return run


def on_dask(address: str, done: Callable[[], None] = lambda: None):
    """Make a runner for a Dask cluster that exists; a block lost with its worker is run again elsewhere.

    Parameters
    ----------
    address : of the scheduler, such as ``tcp://10.0.0.1:8786``

    Raises
    ------
    ValueError
        When `distributed` is not installed, no scheduler answers, it has no workers, or a worker has
        another version of this module.
    """

    def run(blocks: Sequence[Block]) -> list[np.ndarray]:
        try:
            from distributed import Client
            from distributed import as_completed as finished
            from distributed.comm import get_address_host_port
        except ImportError as error:
            raise ValueError("distributed is not installed: see the extra `cluster`") from error
        try:
            get_address_host_port(address)  # a client of a malformed address could not be closed
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ValueError(f"--dask {address}: no scheduler answers there ({error})") from error
        with client:
            _check_workers(client, address)
            futures = client.map(tally, blocks, pure=False, retries=RETRIES)
            for _ in finished(futures, loop=client.loop):
                done()
            return client.gather(futures)

    return run


def fingerprint() -> str:
    """Digest the code that decides a tally, so that every worker can be held to the same."""
    here = Path(__file__).resolve().parent
    files = [here / "block.py", *sorted((here.parent / "kernel").glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _check_workers(client, address: str) -> None:
    try:
        seen = client.run(fingerprint)
    except ImportError as error:
        raise ValueError(f"--dask {address}: a worker cannot import this review ({error})") from error
    if not seen:
        raise ValueError(f"--dask {address}: expected a scheduler with workers, found none")
    others = [worker for worker, digest in seen.items() if digest != fingerprint()]
    if others:
        raise ValueError(f"--dask {address}: another version of this review runs on {', '.join(others)}")
