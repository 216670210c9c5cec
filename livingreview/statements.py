"""Read the chapters as MyST does, and hold their numbers and conclusions to the present facts.

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
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from livingreview.evidence.digest import FRONT_PAGE, chapter_paths
from livingreview.facts import Facts, Unknown
from livingreview.schema import Fault

EXTENSIONS = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "substitution"}
# Directives whose content is no Markdown.
_VERBATIM = {
    "code-cell", "code", "code-block", "math", "raw", "eval-rst", "review-trial", "review-status",
    "review-interval", "review-contact", "bibliography", "glossary",
}  # fmt: skip
_FACT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+")
_DIRECTIVE = re.compile(r"\{([^}\s]+)\}\s*(.*)")


def is_draft() -> bool:
    """Say whether the environment asks for a draft, in which false statements are marked and stop nothing."""
    return os.environ.get("DRAFT", "") not in ("", "0")


# ---- what a chapter takes from the facts


@dataclass(frozen=True)
class Statement:
    """A conclusion of a chapter: where it stands, its condition, and its text as typed."""

    path: str
    line: int
    condition: str
    text: str


@dataclass
class _Chapter:
    """What a chapter's source takes from the facts; directives are read again at the lines where they stand.

    Attributes
    ----------
    statements : its ``holds`` blocks
    uses : line and dotted name of each fact in its prose
    prose : line and text of each run of typed words that no statement and no citation on its line holds,
        without code, maths and link addresses
    faults : what is not of the form that a chapter may have
    """

    path: str
    statements: list[Statement] = field(default_factory=list)
    uses: list[tuple[int, str]] = field(default_factory=list)
    prose: list[tuple[int, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def read(self, text: str, offset: int = 0, stated: bool = False) -> None:
        """Read a text that begins after line ``offset``; what is ``stated`` is held to its condition."""
        lines = text.splitlines()
        inside: list[str] = []
        for token in _parser().parse(text):
            if token.nesting:
                inside.append(token.type) if token.nesting > 0 else inside.pop()
            if token.map is None or token.type.endswith(("_open", "_close")):
                continue
            line = offset + token.map[0] + 1
            if token.type == "inline":
                source = lines[slice(*token.map)] or [token.content]
                self._read_inline(token, source, line, stated, heading="heading_open" in inside)
            elif token.type in ("fence", "colon_fence"):
                self._read_fence(token, line, stated)
            elif token.type == "substitution_block":
                self._use(token.content, line)
            elif token.type != "front_matter":
                self._refuse(token.content, line, token.type.replace("_", " "))

    def _read_inline(self, token, source: list[str], line: int, stated: bool, heading: bool) -> None:
        def place(content: str) -> int:
            pattern = re.compile(r"\{\{\s*" + re.escape(content) + r"\s*\}\}")
            return next((line + n for n, text in enumerate(source) if pattern.search(text)), line)

        replaced = [child.content.strip() for child in _walk(token) if child.type == "substitution_inline"]
        for name in replaced:
            self._use(name, place(name))
            if heading:
                self._fault(
                    place(name), "expected no fact in a heading: links to it would break when it changes"
                )
        written = Counter(match[1].strip() for match in _FACT.finditer(token.content))
        for name in (written - Counter(replaced)).elements():
            said = f"expected a fact in plain prose, found {{{{ {name} }}}} where it is not replaced"
            self._fault(place(name), said)
        if re.search(r"\]\([^)\s]*\{\{", token.content):
            self._fault(line, "expected a link address without a fact: it would not be replaced")
        if not stated:
            # A sentence, which has its own line, that cites a source is that source's.
            self.prose += [each for each in _typed(token, line) if "{cite" not in source[each[0] - line]]

    def _read_fence(self, token, line: int, stated: bool) -> None:
        directive = _DIRECTIVE.fullmatch(token.info.strip())
        name, argument = directive.groups() if directive else ("", "")
        if not directive or name in _VERBATIM:
            if name != "code-cell":
                self._refuse(token.content, line + 1, "code or maths")
            return
        body = token.content.splitlines()
        options = list(itertools.takewhile(re.compile(r":[\w-]+:").match, body))
        self._refuse("\n".join(options), line + 1, "an option of a directive")
        content = "\n".join(body[len(options) :])
        if name == "holds":
            if not argument.strip():
                self._fault(line, "expected a condition after {holds}, found none")
            if not content.strip():
                self._fault(line, "expected a sentence in the holds block, found none")
            self.statements.append(Statement(self.path, line, argument.strip(), " ".join(content.split())))
        elif argument:
            self.read(argument, line - 1, stated)
        self.read(content, line + len(options), stated or name == "holds")

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
        self.faults.append(Fault(self.path, line, "text", message))


@cache
def _parser():
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


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


def _chapters(root: Path) -> list[_Chapter]:
    return [
        _read(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in chapter_paths(root)
    ]


@cache
def _read(name: str, text: str) -> _Chapter:
    chapter = _Chapter(name)
    chapter.read(text)
    return chapter


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


def _typed_numbers(root: Path) -> list[Fault]:
    """List the digits of the prose that no fact or statement holds and that nobody has given a reason for.

    A digit may be part of a name, a date or a version, or of a sentence that cites its source on the same
    line. Any other is listed in ``chapters/typed_numbers.yml`` with its file, the words around it and the
    reason why it may be typed; an entry whose words are gone is a fault.
    """
    path, faults = root / TYPED, []
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or [] if path.is_file() else []
    for each in listed:
        source = root / each["file"]
        if not source.is_file() or each["text"] not in source.read_text(encoding="utf-8"):
            said = f"expected words that stand in {each['file']}, found none such: {each['text']!r}"
            faults.append(Fault(TYPED, 1, "text", said))
    for chapter in _chapters(root):
        allowed = [each["text"] for each in listed if each["file"] == chapter.path]
        for line, text in chapter.prose:
            left = _NAMES.sub("", text)
            for words in filter(text.__contains__, allowed):
                left = left.replace(_NAMES.sub("", words), "")
            if digits := re.search(r"\S*\d\S*", left):
                said = f"expected a fact or a statement, or a reason in {TYPED}, found {digits[0]!r} typed"
                faults.append(Fault(chapter.path, line, "number", said))
    return faults


def loaded_words(root: Path) -> list[Fault]:
    """List the words outside of statements that often depend on results, for a person to look at."""
    return [
        Fault(chapter.path, line, "word", f"{word[0]!r} in {text.strip()[:90]!r}")
        for chapter in _chapters(root)
        for line, text in chapter.prose
        for word in _LOADED.finditer(text)
    ]


# ---- conditions

_COMPARISONS = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class ConditionError(ValueError):
    """A condition that is not of the small language, or names a fact that does not exist."""


def holds(condition: str, facts: Facts) -> bool:
    """Evaluate a condition over the facts.

    A comparison with a fact that cannot be estimated at present is false.

    Raises
    ------
    ConditionError
        When the condition is not of the language, or names an unknown fact.
    """
    return bool(_value(_tree(condition), facts, condition))


def is_true(condition: str, facts: Facts) -> bool:
    """Evaluate a condition; one that is malformed or names an unknown fact is not true."""
    try:
        return holds(condition, facts)
    except ConditionError:
        return False


@cache
def _tree(condition: str) -> ast.expr:
    try:
        return ast.parse(condition, mode="eval").body
    except (SyntaxError, ValueError):
        raise ConditionError(f"expected a condition such as name.k >= 2, found {condition!r}") from None


def _value(node: ast.expr, facts: Facts, condition: str):
    """Evaluate a part of a condition; all of its own parts, so that no fault hides behind another."""

    def values(*parts: ast.expr) -> list:
        return [_value(part, facts, condition) for part in parts]

    match node:
        case ast.BoolOp(op=ast.And()):
            return all(values(*node.values))
        case ast.BoolOp():
            return any(values(*node.values))
        case ast.UnaryOp(op=ast.Not()):
            return not values(node.operand)[0]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
            pairs = itertools.pairwise(values(node.left, *node.comparators))
            return all([_compare(type(op), *pair) for op, pair in zip(node.ops, pairs, strict=True)])
        case ast.Constant(value=int() | float() | str()):
            return node.value
        case ast.Attribute() if _NAME.fullmatch(ast.unparse(node)):
            return _look_up(ast.unparse(node), facts)
    raise ConditionError(
        "expected dotted names, comparisons, and, or, not, numbers and strings, "
        f"found {ast.unparse(node)!r} in {condition!r}"
    )


def _compare(kind: type, left, right) -> bool:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return False
    try:
        return bool(_COMPARISONS[kind](left, right))
    except TypeError:
        raise ConditionError(f"expected two numbers or two texts, found {left!r} and {right!r}") from None


def _look_up(name: str, facts: Facts):
    if name in facts:
        return facts[name]
    near = difflib.get_close_matches(name, list(facts), 1, 0.6)
    hint = f"; did you mean {near[0]}?" if near else "; python -m livingreview facts lists those there are"
    raise ConditionError(f"expected a known fact, found {name}{hint}")


def _names_in(condition: str) -> list[str]:
    return list(dict.fromkeys(_NAME.findall(_QUOTED.sub("", condition))))


# ---- the book's statements


def statements(root: Path) -> list[Statement]:
    """List every statement of the book, in the order of its files and lines."""
    return [each for chapter in _chapters(root) for each in chapter.statements]


def statement_faults(root: Path, facts: Facts, *, truth: bool = True) -> list[Fault]:
    """List every unknown fact, malformed condition and statement that no longer holds.

    Parameters
    ----------
    root : folder of the review
    facts : the present facts
    truth : False leaves out the statements that are well formed and false, as a draft does
    """
    faults = _typed_numbers(root)
    for chapter in _chapters(root):
        faults += chapter.faults
        for line, name in chapter.uses:
            try:
                _look_up(name, facts)
            except ConditionError as error:
                faults.append(Fault(chapter.path, line, "fact", str(error)))
        for each in filter(lambda statement: statement.condition, chapter.statements):
            try:
                true = holds(each.condition, facts)
                if not _names_in(each.condition):
                    raise ConditionError("expected the name of a fact, without which it never becomes false")
                if truth and not true:
                    said = f"no longer holds: {_present(each.condition, facts)}"
                    faults.append(Fault(each.path, each.line, "statement", said))
            except ConditionError as error:
                faults.append(Fault(each.path, each.line, "condition", str(error)))
    return sorted(set(faults))


def _present(condition: str, facts: Facts) -> str:
    """Say the present value of each fact that a condition names."""
    values = {name: facts[name] for name in _names_in(condition)}
    quoted = {
        name: isinstance(value, str) and not isinstance(value, Unknown) for name, value in values.items()
    }
    return ", ".join(
        f'{name} is "{value}"' if quoted[name] else f"{name} is {value}" for name, value in values.items()
    )


def conclusions(root: Path, facts: Facts) -> dict[str, str]:
    """Return the conclusions of the front page that hold, by the name of the analysis they are about."""
    said: dict[str, list[str]] = {}
    for each in statements(root):
        if each.path == FRONT_PAGE and holds(each.condition, facts):
            text = _FACT.sub(lambda match: str(_look_up(match[1].strip(), facts)), each.text)
            for name in dict.fromkeys(name.partition(".")[0] for name in _names_in(each.condition)):
                said.setdefault(name, []).append(text)
    return {name: " ".join(texts) for name, texts in said.items()}


def overturned(root: Path, before: Facts, now: Facts) -> list[Statement]:
    """List the statements that were true on earlier facts and are false on the present ones."""
    return [
        each
        for each in statements(root)
        if is_true(each.condition, before) and not is_true(each.condition, now)
    ]
