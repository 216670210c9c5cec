"""Files that belong together are replaced together, wherever a run is stopped."""

import os
import random
import shutil
import signal
import time

import pytest

from alsreview.evidence import together
from alsreview.evidence.together import PLACE, alone, finish, replace_file, replace_together

OLD = {"data/a.csv": b"old a", "b.bib": b"old b"}
NEW = {"data/a.csv": b"new a", "b.bib": b"new b", "data/trials/c/d.yml": b"new d"}


class Killed(BaseException):
    """A run that was stopped; nothing in the code may catch it."""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data").mkdir()
    for name, content in OLD.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def held(root) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file() and PLACE not in str(path)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_every_file_is_written_and_nothing_is_left_behind(root):
    replace_together(root, NEW)
    assert held(root) == NEW
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_a_run_stopped_before_any_of_its_steps_is_undone_or_finished_by_the_next(root, monkeypatch):
    """Each call that changes the disk is the last one, in turn."""
    copy = root.parent / "start"
    shutil.copytree(root, copy)
    outcomes = []
    for last in range(100):
        left = last

        def step(call):
            def one(*words, **named):
                nonlocal left
                if not left:
                    raise Killed
                left -= 1
                return call(*words, **named)

            return one

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", step(os.replace))
            patch.setattr(together.Path, "rename", step(together.Path.rename))
            patch.setattr(together.Path, "mkdir", step(together.Path.mkdir))
            patch.setattr(together, "_write", step(together._write))
            patch.setattr(together.shutil, "rmtree", step(shutil.rmtree))
            try:
                replace_together(root, NEW)
                stopped = False
            except Killed:
                stopped = True
        with alone(root):
            pass
        outcomes.append({name: content for name, content in held(root).items() if not name.endswith(".part")})
        assert outcomes[-1] in (OLD, NEW), f"stopped before step {last}"
        if not stopped:
            break
        shutil.rmtree(root)
        shutil.copytree(copy, root)
    assert OLD in outcomes and outcomes.count(NEW) > 3 and last > 10


def test_a_process_killed_at_random_moments_leaves_one_state_or_the_other(root):
    moments = random.Random(7)
    for turn in range(25):
        child = os.fork()
        if child == 0:
            while True:
                replace_together(root, {name: content * 2000 for name, content in NEW.items()})
                replace_together(root, {name: content * 2000 for name, content in NEW.items()} | OLD)
        time.sleep(moments.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        finish(root)
        found = {name: content for name, content in held(root).items() if name in OLD}
        assert found in (OLD, {name: NEW[name] * 2000 for name in OLD}), f"turn {turn}"


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(together, "replace_file", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            replace_together(root, NEW)
    (root / "b.bib").write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"b.bib: changed while .* rm -r {PLACE}"):
        finish(root)
    assert held(root) == OLD | {"b.bib": b"mine"}
    (root / "b.bib").write_bytes(b"old b")
    finish(root)
    assert held(root) == NEW


def test_two_runs_do_not_write_at_once(root):
    with alone(root), pytest.raises(ValueError, match="another run is writing to this review"), alone(root):
        pass
    with alone(root):
        pass


PLANS = {
    "none": None,
    "no JSON": "{",
    "no entry": "[5]",
    "half an entry": '[{"name": "b.bib", "old": null}]',
    "a path outside": '[{"name": "../b", "old": "", "new": ""}]',
    "a file that is not there": '[{"name": "b.bib", "old": "", "new": "0"}]',
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_a_plan_that_cannot_be_read_is_named_with_a_way_out(root, plan):
    (root / PLACE).mkdir()
    if plan is not None:
        (root / PLACE / "plan.json").write_text(plan)
    with pytest.raises(ValueError, match=f"^{PLACE}: expected the plan of a run .* with: rm -r {PLACE}$"):
        finish(root)
    assert held(root) == OLD
    shutil.rmtree(root / PLACE)
    finish(root)


def test_a_block_that_is_held_up_by_something_else_is_not_blamed_on_another_run(root):
    with pytest.raises(BlockingIOError, match="mine"), alone(root):
        raise BlockingIOError("mine")


def test_a_file_that_cannot_take_its_place_leaves_no_part(root):
    with pytest.raises(OSError):
        replace_file(root / "data", b"x")
    assert held(root) == OLD and not list(root.glob(".*"))


def test_the_folder_of_each_new_name_is_kept_on_the_disk(root, monkeypatch):
    kept = []
    monkeypatch.setattr(together, "_keep", lambda folder: kept.append(folder.relative_to(root).as_posix()))
    replace_together(root, NEW)
    # The plan's files, its name, each file's name, and that the plan is gone.
    assert kept == [f"{PLACE}.part", ".", "data", ".", "data/trials/c", "."]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "", "a/../../b"])
def test_a_path_outside_the_review_is_refused(root, name):
    with pytest.raises(ValueError, match="expected a path inside the review"):
        replace_together(root, {name: b""})
    assert held(root) == OLD
