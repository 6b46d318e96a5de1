"""Each part of a composed question is in a goal, or the answer says that it is in none."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.agents.question.goals import UNREAD_MAX, read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.agents.wording.echo import echo_of
from netra.domain.optimization.model import Goals

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NAMES = KnownNames(
    features=("support_chat", "code_review", "doc_search"),
    tools=("run_sql", "fetch_url"),
    models=("gpt-4o", "gpt-4o-mini", "claude-haiku-4-5"),
)

NUMBERS = st.integers(3, 97).map(lambda value: value * 10 + 1)  # no year, and told apart from its neighbours
UNITS = (
    "ms",
    " %",
    "x",
    " dollars a month",
    " calls a day",
    " GB",
    "",
    " weeks",
    " tokens per second",
    " users",
)
FRAMES = (
    "we need {}",
    "cut the bill by {}",
    "TTFT p95 below {}",
    "it was {} last month",
    "why not {}",
    "the vendor promises {}",
    "traffic grows by {}",
    "keep it at {}",
    "{} is too much",
    "forget the {}",
    "not {}",
    "our ticket mentions {}",
    "the whole call within {}",
    "whatever happens to {}",
    "a {} zorp frobnicates",
)
NAMED = (
    "leave {} alone",
    "speed up {}",
    "what about {}",
    "{} is off limits",
    "we like {}",
    "everything but {}",
    "{} for all",
    "nobody minds {}",
    "move to {}",
    "could {} be zorped",
    "{} must never change",
    "the people of {} complain",
)
NAME = st.sampled_from([*NAMES.parts(), *NAMES.models])
NUMBERED = st.builds(
    lambda frame, number, unit: (frame.format(f"{number}{unit}"), f"{number}"),
    st.sampled_from(FRAMES),
    NUMBERS,
    st.sampled_from(UNITS),
)
WITH_NAME = st.builds(lambda frame, name: (frame.format(name), name), st.sampled_from(NAMED), NAME)
DATES = {
    "3 November": "2026-11-03",
    "2026-11-12": "2026-11-12",
    "Nov 17": "2026-11-17",
    "02/11/2026": "2026-11-02",
}
DATED = st.builds(
    lambda frame, date: (frame.format(date), date),
    st.sampled_from(
        ("since {}", "the deploy of {}: better?", "we met on {}", "{} was the upgrade", "from {} on it rains")
    ),
    st.sampled_from(sorted(DATES)),
)
JOINTS = st.sampled_from([". ", ", ", " and ", "; ", " but ", "\n", " - "])


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Return a question and the numbers and names that it was composed of."""
    pieces = draw(st.lists(st.one_of(NUMBERED, WITH_NAME, DATED), min_size=1, max_size=5))
    text = pieces[0][0]
    for words, _ in pieces[1:]:
        text += draw(JOINTS) + words
    return text, [atom for _, atom in pieces]


def said(goals: Goals) -> str:
    """Return all that an answer says about how its question was read."""
    echo = echo_of(goals)
    return " ".join((*echo.sentences, echo.ask_back)).replace(",", "")


def is_in(atom: str, words: str) -> bool:
    """Return whether a number or a name is among the words, as itself or as the value that was read of it."""
    if atom in words:
        return True
    if not atom.isdecimal():
        return DATES.get(atom, atom) in words
    value = float(atom)
    shown = (
        1 + value / 100,
        value - 1,
        100 * (value - 1),
        round(1_000 / value, 6),
        1 / max(1 - value / 100, 1e-9),
        value / 100,
    )
    return any(f"{number:.3g}" in words or f"{number:g}" in words for number in shown)


@settings(max_examples=400, deadline=None)
@given(questions())
def test_every_number_and_name_is_read_or_named_as_left_out(asked: tuple[str, list[str]]) -> None:
    text, atoms = asked
    goals = read_goals(text, {}, now=NOW, names=NAMES)
    words = said(goals)
    assert [atom for atom in atoms if not is_in(atom, words)] == [] or len(goals.unread) == UNREAD_MAX


def test_more_parts_than_fit_are_counted() -> None:
    text = ". ".join(f"the zorp {number} frobnicates {number + 1}" for number in range(101, 131, 2))
    goals = read_goals(text, {}, now=NOW, names=NAMES)
    assert len(goals.unread) == UNREAD_MAX
    assert goals.unread[-1].endswith("more parts that set no goal")
