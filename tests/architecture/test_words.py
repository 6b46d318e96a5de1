"""The source's docstrings, comments and help texts use plain words; the style guide lists the others."""

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from tests.architecture.test_house import MODULES, name_of, nodes

EXCLUDED: Final = re.compile(
    r"\b(told|tells?|telling|said|hears?|heard|whoever|nobody|somebody|anybody|everybody|none|so many|of it"
    r"|beside|at once|(comes?|came) to nothing|(stands?|stood) still)\b",
    re.IGNORECASE,
)
OFTEN_PLAIN: Final = frozenset({"none", "of it"})  # idiom in most sentences, and clear in some
OFTEN_PLAIN_MAX: Final = 30  # uses of these in the whole source, such as the signature algorithm "none"
HELP: Final = frozenset({"help", "short_help", "epilog"})  # keywords of click's decorators
NOT_PROSE: Final = re.compile(r"^\s*>>>.*(?:\n(?!\s*$).*)*|`[^`]*`|\bNone\b", re.MULTILINE)


def test_docstrings_comments_and_help_use_plain_words() -> None:
    assert uses(without=OFTEN_PLAIN) == []


def test_few_sentences_use_words_that_are_often_idiom() -> None:
    found = uses()
    assert len(found) <= OFTEN_PLAIN_MAX, found


def test_an_excluded_word_is_found_wherever_it_is_prose(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""The caller is told."""\n'
        "LIMIT = 1  # calls at once\n"
        '"""Nobody reads this."""\n'
        'option("--x", help="None of them; whoever" " asks.")\n'
        "def f(told=None):\n"
        '    """Return `said`, or None.\n\n    >>> f("told")\n    \'beside\'\n    """\n'
        '    return told or "heard"\n'
    )
    found = [(line, word) for line, text in prose_of(module) for word in words_in(text)]
    assert sorted(found) == [(1, "told"), (2, "at once"), (3, "nobody"), (4, "whoever")]


def uses(*, without: Collection[str] = ()) -> list[str]:
    """Return every excluded word in the source with its place and text."""
    return [
        f"{name_of(path)}:{line}: {word!r} in {text.strip()!r}"
        for path in MODULES
        for line, text in prose_of(path)
        for word in words_in(text)
        if word not in without
    ]


def words_in(text: str) -> list[str]:
    """Return the excluded words in a text, in lower case; code, doctests and Python's `None` do not count."""
    return [match[0].lower() for match in EXCLUDED.finditer(" ".join(NOT_PROSE.sub(" ", text).split()))]


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each docstring, comment and help text of a module with the line where it begins."""
    for node in nodes(path):
        if isinstance(node, ast.Expr):
            yield from _text_of(node.value)
        elif isinstance(node, ast.keyword) and node.arg in HELP:
            for part in ast.walk(node.value):
                yield from _text_of(part)
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _text_of(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
