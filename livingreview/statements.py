"""Reads the chapters as MyST does, and holds their numbers and conclusions to the present facts.

A chapter takes a number with ``{{ name.attribute }}`` and declares a conclusion in a ``holds`` block with the
condition under which it is true.  Conditions are a small language: dotted names, comparisons, ``and``,
``or``, ``not``, numbers and strings.
"""

import ast
import difflib
import itertools
import operator
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from livingreview.facts import VOCABULARIES, Facts, Unknown
from livingreview.schema import Fault

EXTENSIONS = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "substitution"}
# Directives whose content is no Markdown.
_VERBATIM = {
    "code-cell", "code", "code-block", "math", "raw", "eval-rst", "review-trial", "review-status",
    "review-interval", "review-contact", "bibliography", "glossary",
}  # fmt: skip
_FACT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+")
_DIRECTIVE = re.compile(r"\{([^}\s]+)\}\s*(.*)")
_COMPARISONS = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


DRAFT = "DRAFT"
FRONT_PAGE = "index.md"


def is_draft() -> bool:
    """Say whether the environment asks for a draft, in which false statements are marked and stop nothing."""
    return os.environ.get(DRAFT, "") not in ("", "0")


@dataclass(frozen=True)
class Statement:
    """A conclusion of a chapter: where it stands, its condition, and its text as typed."""

    path: str
    line: int
    condition: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """What a chapter's source takes from the facts.

    Attributes
    ----------
    statements : its ``holds`` blocks
    uses : line and dotted name of each fact in its prose
    prose : line and text of each run of typed words that no statement and no citation on its line holds,
        without code, maths and link addresses
    faults : what is not of the form that a chapter may have
    """

    path: str
    statements: tuple[Statement, ...]
    uses: tuple[tuple[int, str], ...]
    prose: tuple[tuple[int, str], ...]
    faults: tuple[Fault, ...]


def chapter_paths(root: Path) -> list[Path]:
    """List the sources of the book that people write: the front page and the chapters."""
    return [path for path in [root / FRONT_PAGE, *sorted((root / "chapters").glob("*.md"))] if path.is_file()]


def read_chapter(path: Path, name: str) -> Chapter:
    """Read what a chapter takes from the facts.

    Parameters
    ----------
    path, name : the source, and its path from the root of the review
    """
    return _parse(name, path.read_text(encoding="utf-8"))


@cache
def _parse(name: str, text: str) -> Chapter:
    reader = _Reader(name)
    reader.read(text, 0)
    return Chapter(
        name, tuple(reader.statements), tuple(reader.uses), tuple(reader.prose), tuple(reader.faults)
    )


@cache
def _parser():
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


class _Reader:
    """Walks the tokens of a source; directives are read again at the lines where they stand."""

    def __init__(self, name: str):
        self.name = name
        self.statements: list[Statement] = []
        self.uses: list[tuple[int, str]] = []
        self.prose: list[tuple[int, str]] = []
        self.faults: list[Fault] = []
        self.stated = False

    def read(self, text: str, offset: int) -> None:
        lines = text.splitlines()
        inside: list[str] = []
        for token in _parser().parse(text):
            if token.nesting:
                inside.append(token.type) if token.nesting > 0 else inside.pop()
            if token.map is None or token.type.endswith(("_open", "_close")):
                continue
            first = token.map[0]
            if token.type == "inline":
                self._inline(token, lines, offset, heading="heading_open" in inside)
            elif token.type in ("fence", "colon_fence"):
                self._fence(token, offset)
            elif token.type == "substitution_block":
                self._use(token.content, offset + first + 1)
            elif token.type != "front_matter":
                self._refuse(token.content, offset + first + 1, token.type.replace("_", " "))

    def _inline(self, token, lines: list[str], offset: int, heading: bool) -> None:
        first, last = token.map
        source = lines[first:last] or [token.content]
        line = first + 1 + offset
        found = [child.content for child in _walk(token) if child.type == "substitution_inline"]
        for content in found:
            where = self._line_of(content, source, line)
            self._use(content, where)
            if heading:
                self._fault(where, "expected no fact in a heading: links to it would break when it changes")
        written = [match[1].strip() for match in _FACT.finditer(token.content)]
        for content in found:
            if content.strip() in written:
                written.remove(content.strip())
        for content in written:
            where = self._line_of(content, source, line)
            self._fault(
                where, f"expected a fact in plain prose, found {{{{ {content} }}}} where it is not replaced"
            )
        if re.search(r"\]\([^)\s]*\{\{", token.content):
            self._fault(line, "expected a link address without a fact: it would not be replaced")
        if not self.stated:
            # A sentence, which has its own line, that cites a source is that source's.
            self.prose += [each for each in _typed(token, line) if "{cite" not in lines[each[0] - offset - 1]]

    def _line_of(self, content: str, source: list[str], line: int) -> int:
        pattern = re.compile(r"\{\{\s*" + re.escape(content.strip()) + r"\s*\}\}")
        return next((line + n for n, text in enumerate(source) if pattern.search(text)), line)

    def _fence(self, token, offset: int) -> None:
        line = token.map[0] + 1 + offset
        directive = _DIRECTIVE.fullmatch(token.info.strip())
        if directive is None or directive[1] in _VERBATIM:
            if directive is None or directive[1] != "code-cell":
                self._refuse(token.content, line + 1, "code or maths")
            return
        name, argument = directive.groups()
        body = token.content.splitlines()
        options = list(itertools.takewhile(lambda each: re.match(r":[\w-]+:", each), body))
        for number, option in enumerate(options):
            self._refuse(option, line + 1 + number, "an option of a directive")
        content = "\n".join(body[len(options) :])
        if name == "holds":
            self._holds(argument, content, line)
        elif argument:
            self.read(argument, line - 1)
        # What a statement says is held to its condition.
        self.stated, before = self.stated or name == "holds", self.stated
        self.read(content, line + len(options))
        self.stated = before

    def _holds(self, condition: str, content: str, line: int) -> None:
        if not condition.strip():
            self._fault(line, "expected a condition after {holds}, found none")
        if not content.strip():
            self._fault(line, "expected a sentence in the holds block, found none")
        self.statements.append(Statement(self.name, line, condition.strip(), " ".join(content.split())))

    def _use(self, content: str, line: int) -> None:
        name = content.strip()
        if _NAME.fullmatch(name):
            self.uses.append((line, name))
        else:
            self._fault(line, f"expected a dotted name such as review.trials, found {name!r}")

    def _refuse(self, text: str, line: int, where: str) -> None:
        for match in _FACT.finditer(text):
            number = line + text[: match.start()].count("\n")
            self._fault(number, f"expected no fact in {where}: {match[0]} would not be replaced there")

    def _fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(self.name, line, "text", message))


def _walk(token) -> Iterator:
    for child in token.children or ():
        yield child
        yield from _walk(child)


def _typed(token, line: int) -> Iterator[tuple[int, str]]:
    """Give the typed words of a run of text, line by line; a link's words are typed, its address is not."""
    text = ""
    for child in token.children or ():
        if child.type == "text":
            text += child.content
        elif child.type in ("softbreak", "hardbreak"):
            yield line, text
            text, line = "", line + 1
        elif child.type == "substitution_inline":
            text += "\N{OBJECT REPLACEMENT CHARACTER}"
    yield line, text


# ---- the backward audit: from what is typed to what holds it

TYPED = "chapters/typed_numbers.yml"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
# Digits that are part of a name, a date or a convention, and of no result.
_NAMES = re.compile(
    rf"\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?|(?:{_MONTHS}) \d{{4}}"  # dates
    r"|\b95% (?:CI|confidence interval|limit)"
    r"|\b[A-Z][\w.&'-]*(?: [A-Z][\w.&'-]*)* (?:19|20)\d\d[a-z]?\b"  # Di Lazzaro 2006, PRISMA 2020
    r"|\b(?:19|20)\d\d(?:\.\d+)?\b"  # years and versions
    r"|\bCC BY \d\.\d|\bRoB 2\b|\b[^\W\d]+[\w-]*\d[\w-]*",  # names with digits: NCT01234567, I2
)
_LOADED = re.compile(
    r"\b(?:none|all|only|most|every|no|two|three|four|five|six|seven|eight|nine|ten|better|worse|lower|higher"
    r"|probably|may|very uncertain)\b",
    re.IGNORECASE,
)


def typed_numbers(root: Path) -> list[Fault]:
    """List the digits of the prose that no fact or statement holds and that nobody has given a reason for.

    A digit may be part of a name, a date or a version, or of a sentence that cites its source on the same
    line. Any other is listed in ``chapters/typed_numbers.yml`` with its file, the words around it and the
    reason why it may be typed.
    """
    listed, faults = _listed(root)
    for chapter in (read_chapter(path, path.relative_to(root).as_posix()) for path in chapter_paths(root)):
        for line, text in chapter.prose:
            kept = [
                entry["text"] for entry in listed if entry["file"] == chapter.path and entry["text"] in text
            ]
            left = _NAMES.sub("", text)
            for words in kept:
                left = left.replace(_NAMES.sub("", words), "")
            if digits := re.search(r"\S*\d\S*", left):
                said = f"expected a fact or a statement, or a reason in {TYPED}, found {digits[0]!r} typed"
                faults.append(Fault(chapter.path, line, "number", said))
    return faults


def loaded_words(root: Path) -> list[Fault]:
    """List the words outside of statements that often depend on results, for a person to look at."""
    chapters = (read_chapter(path, path.relative_to(root).as_posix()) for path in chapter_paths(root))
    return [
        Fault(chapter.path, line, "word", f"{word[0]!r} in {text.strip()[:90]!r}")
        for chapter in chapters
        for line, text in chapter.prose
        for word in _LOADED.finditer(text)
    ]


def _listed(root: Path) -> tuple[list[dict], list[Fault]]:
    """Read the numbers that may be typed; an entry whose words are gone is a fault."""
    path = root / TYPED
    if not path.is_file():
        return [], []
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    sources = {name: (root / name).read_text(encoding="utf-8") for name in {each["file"] for each in entries}
               if (root / name).is_file()}  # fmt: skip
    gone = [each for each in entries if each["text"] not in sources.get(each["file"], "")]
    said = "expected words that stand in {file}, found none such: {text!r}"
    return entries, [Fault(TYPED, 1, "text", said.format(**each)) for each in gone]


# ---- conditions


class ConditionError(ValueError):
    """A condition that is not of the small language, or names a fact that does not exist."""


def names_in(condition: str) -> list[str]:
    """List the facts that a condition names, in order."""
    return list(dict.fromkeys(_dotted(node) for node in _nodes(_tree(condition)) if _is_name(node)))


def holds(condition: str, facts: Facts) -> bool:
    """Evaluate a condition over the facts.

    A comparison with a fact that cannot be estimated at present is false.

    Raises
    ------
    ConditionError
        When the condition is not of the language, or names an unknown fact.
    """
    return bool(_value(_tree(condition), facts))


@cache
def _tree(condition: str) -> ast.expr:
    try:
        tree = ast.parse(condition, mode="eval").body
    except (SyntaxError, ValueError):
        raise ConditionError(f"expected a condition such as name.k >= 2, found {condition!r}") from None
    _check(tree, condition)
    return tree


def _check(node: ast.expr, condition: str) -> None:
    """Refuse whatever is not of the language."""
    if isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        parts = [node.operand]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        parts = [node.operand] if isinstance(node.operand, ast.Constant) else None
    elif isinstance(node, ast.Compare):
        known = all(type(op) in _COMPARISONS for op in node.ops)
        parts = [node.left, *node.comparators] if known else None
    elif isinstance(node, ast.Constant):
        parts = [] if isinstance(node.value, int | float | str) else None
    else:
        parts = [] if _is_name(node) else None
    if parts is None:
        raise ConditionError(
            "expected dotted names, comparisons, and, or, not, numbers and strings, "
            f"found {ast.unparse(node)!r} in {condition!r}"
        )
    for part in parts:
        _check(part, condition)


def _is_name(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
        if isinstance(node, ast.Name):
            return True
    return False


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not _is_name(node):
        for child in ast.iter_child_nodes(node):
            yield from _nodes(child)


def _value(node: ast.expr, facts: Mapping):
    if isinstance(node, ast.BoolOp):
        test = all if isinstance(node.op, ast.And) else any
        return test(_value(part, facts) for part in node.values)
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, facts)
        return not value if isinstance(node.op, ast.Not) else -value
    if isinstance(node, ast.Compare):
        values = [_value(part, facts) for part in (node.left, *node.comparators)]
        return all(
            _compare(type(op), *pair) for op, pair in zip(node.ops, itertools.pairwise(values), strict=True)
        )
    return node.value if isinstance(node, ast.Constant) else look_up(_dotted(node), facts)


def _compare(kind: type, left, right) -> bool:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return False
    try:
        return bool(_COMPARISONS[kind](left, right))
    except TypeError:
        raise ConditionError(f"expected two numbers or two texts, found {left!r} and {right!r}") from None


def look_up(name: str, facts: Facts):
    """Return a fact by its dotted name.

    Raises
    ------
    ConditionError
        When there is no such fact; the message names the nearest.
    """
    if name in facts:
        return facts[name]
    near = difflib.get_close_matches(name, list(facts), 1, 0.6)
    hint = f"; did you mean {near[0]}?" if near else "; python -m livingreview facts lists those there are"
    raise ConditionError(f"expected a known fact, found {name}{hint}")


# ---- the book's statements


def statement_faults(root: Path, facts: Facts, *, truth: bool = True) -> list[Fault]:
    """List every unknown fact, malformed condition and statement that no longer holds.

    Parameters
    ----------
    root : folder of the review
    facts : the present facts
    truth : False leaves out the statements that are well formed and false, as a draft does
    """
    faults = []
    for chapter in (read_chapter(path, path.relative_to(root).as_posix()) for path in chapter_paths(root)):
        faults += chapter.faults
        for line, name in chapter.uses:
            try:
                look_up(name, facts)
            except ConditionError as error:
                faults.append(Fault(chapter.path, line, "fact", str(error)))
        for statement in chapter.statements:
            faults += _fault_of(statement, facts, truth)
    return sorted({*faults, *typed_numbers(root)})


def _fault_of(statement: Statement, facts: Facts, truth: bool) -> list[Fault]:
    if not statement.condition:
        return []
    try:
        if holds(statement.condition, facts) or not truth:
            return []
        return [
            Fault(statement.path, statement.line, "statement", f"no longer holds: {found(statement, facts)}")
        ]
    except ConditionError as error:
        return [Fault(statement.path, statement.line, "condition", str(error))]


def found(statement: Statement, facts: Facts) -> str:
    """Say the present value of each fact that a statement's condition names."""
    values = ((name, look_up(name, facts)) for name in names_in(statement.condition))
    return ", ".join(
        f'{name} is "{value}"' if _is_text(value) else f"{name} is {value}" for name, value in values
    )


def _is_text(value) -> bool:
    return isinstance(value, str) and not isinstance(value, Unknown)


def statements(root: Path) -> list[Statement]:
    """List every statement of the book, in the order of its files and lines."""
    paths = chapter_paths(root)
    return [
        each for path in paths for each in read_chapter(path, path.relative_to(root).as_posix()).statements
    ]


def conclusions(root: Path, facts: Facts) -> dict[str, str]:
    """Return the conclusions of the front page that hold, by the name of the analysis they are about."""
    page = root / FRONT_PAGE
    said: dict[str, list[str]] = {}
    for each in read_chapter(page, FRONT_PAGE).statements if page.is_file() else ():
        if holds(each.condition, facts):
            text = _FACT.sub(lambda match: str(look_up(match[1].strip(), facts)), each.text)
            for name in dict.fromkeys(name.partition(".")[0] for name in names_in(each.condition)):
                said.setdefault(name, []).append(text)
    return {name: " ".join(texts) for name, texts in said.items()}


def overturned(root: Path, before: Facts, now: Facts) -> list[Statement]:
    """List the statements that were true on earlier facts and are false on the present ones."""

    def was(statement: Statement, facts: Facts) -> bool:
        try:
            return holds(statement.condition, facts)
        except ConditionError:
            return False

    return [each for each in statements(root) if was(each, before) and not was(each, now)]


def tautologies(root: Path, facts: Facts) -> list[Statement]:
    """List the statements whose condition is true in every made-up state of the facts that it names."""
    return [each for each in statements(root) if each.condition and not _can_fail(each.condition, facts)]


def _can_fail(condition: str, facts: Facts) -> bool:
    names = names_in(condition)
    for values in itertools.product(*(_made_up(name, look_up(name, facts)) for name in names)):
        if not holds(condition, Facts(dict(facts) | dict(zip(names, values, strict=True)))):
            return True
    return False


def _made_up(name: str, value) -> list:
    """Give values that a fact could have in another state of the evidence."""
    if isinstance(value, bool):
        return [True, False]
    if isinstance(value, int | float):
        return [value, -value, 0, 1, 2, value + 1, 1e9, -1e9]
    vocabulary = VOCABULARIES.get(name.rpartition(".")[2])
    return [*vocabulary] if vocabulary else [value, f"not {value}", 0]
