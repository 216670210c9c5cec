"""Commands that start a review, and move it to another engine."""

import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from livingreview.commands.parts import command, say
from livingreview.evidence import find_root
from livingreview.instance.answers import FORMS, QUESTIONS, Answers, Question, fault, tidy

_SUITS = "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"


def register(commands) -> None:
    """Add the commands that start a review and move it to another engine."""
    _register_new(commands)
    upgrade = command(
        commands, "upgrade", _upgrade, "move to another engine and show what it changes", "COMMIT"
    )
    upgrade.add_argument(
        "to",
        nargs="?",
        default="",
        help="a commit, tag or branch of the engine, an address git+https://...@COMMIT, or the folder of a "
        "checkout (default: the newest commit)",
    )


def _register_new(commands) -> None:
    new = command(
        commands,
        "new",
        _new,
        "start a new review in a folder; on a terminal it asks for what is not given",
        "hip --module hipreview --intervention physiotherapy --outcome pain",
        root=False,
    )
    new.add_argument("folder", type=Path, metavar="DIR", help="folder of the review, new or empty")
    for each in QUESTIONS:
        new.add_argument(f"--{each.name}", metavar="TEXT", help=each.asks)
    new.add_argument(
        "--author", action="append", default=[], dest="authors", metavar="NAME",
        help="'Family, Given', or the name of a group; once for each author",
    )  # fmt: skip
    new.add_argument(
        "--engine",
        help="engine to pin: its folder, or git+https://...@COMMIT (default: the one that runs)",
    )


def _new(arguments) -> int:
    from livingreview.instance import pin
    from livingreview.instance.make import make

    engine = pin.engine_at(arguments.engine) if arguments.engine else pin.engine_here()
    answers, assumed = _answers(arguments)
    answers = replace(answers, authors=tuple(map(tidy, arguments.authors)))
    folder = arguments.folder.absolute()
    make(folder, answers, engine, date.today())
    for name in assumed:
        print(f"note: --{name} was not given: {getattr(answers, name)}")
    print(f"{arguments.folder}: a new review; its README.md says what to do next. To build the book:")
    words = ["make", "book", *([] if _is_suitable("python3") else [f"PYTHON={sys.executable}"])]
    print(f"  cd {shlex.quote(str(folder))} && {shlex.join(words)}")
    return 0


def _is_suitable(python: str) -> bool:
    """Return whether make can take a Python as it is: one that can have the engine in an environment."""
    found = shutil.which(python)
    return bool(found) and not subprocess.run([found, "-c", _SUITS], capture_output=True).returncode


def _answers(arguments) -> tuple[Answers, list[str]]:
    """Take the answers from the options, from the terminal, or from the defaults, and list the last."""
    answers, assumed = Answers(), []
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    for each in QUESTIONS:
        given = getattr(arguments, each.name)
        told = tidy(given) if given is not None else None
        # A measure that is not known is refused later; until then other defaults need one that is.
        known = answers if answers.measure in FORMS else replace(answers, measure=Answers.measure)
        default = each.default(known)
        if told is None and asking:
            told = _ask(each, default, answers)
        elif told is None:
            told = default
            assumed += [each.name] if default else []
        answers = replace(answers, **{each.name: told})
    return answers, assumed


def _ask(question: Question, default: str, answers: Answers) -> str:
    """Ask on the terminal until the answer can stand."""
    shown = f" [{default}]" if default else ""
    while True:
        try:
            told = tidy(input(f"{question.asks[0].upper()}{question.asks[1:]}{shown}: ")) or default
        except EOFError:
            raise ValueError("stopped before the last question; nothing was written") from None
        if not (wrong := fault(question.name, told, answers)):
            return told
        print(wrong)


def _upgrade(arguments) -> int:
    from livingreview.instance.upgrade import upgrade

    return 0 if upgrade(find_root(arguments.root), arguments.to, say) else 1
