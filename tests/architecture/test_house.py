"""Rules of the house that a reader of the source can check; import contracts hold the rest."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

from tests.waiting import COMMAND_S

SRC = Path(__file__).parents[2] / "src" / "netra"
MODULES = sorted(SRC.rglob("*.py"))
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
OUTERMOST = {
    "domain/runs/worker.py",
    "domain/telemetry/settler.py",
    "domain/workloads/delivery.py",
    "domain/workloads/unfinished_removals.py",
    "entrypoints/websocket/pump.py",
    "entrypoints/edge.py",
    "entrypoints/otel.py",  # runs in other programs, which it must never break
    "adapters/redis/listener.py",
    "adapters/sql/sqlite/writer.py",  # hands the error to whoever awaits the job
}


TABLES = {  # what they hold is listed, not done, and one list is easier to read than two
    "domain/optimization/metrics.py",
    "entrypoints/websocket/frames.py",
}


def name_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(path)))


def test_a_module_says_what_lives_in_it() -> None:
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(parsed(path))]
    assert silent == []


def test_a_module_stays_readable() -> None:
    modules = [path for path in MODULES if "migrations" not in path.parts]  # a schema is as long as it is
    long = {name_of(path) for path in modules if len(path.read_text().splitlines()) > 300} - TABLES
    assert long == set()


def test_a_module_is_named_for_its_idea() -> None:
    assert [name_of(path) for path in MODULES if path.stem in EMPTY_NAMES] == []


def test_functions_stop_at_forty_lines() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_lines(node) > 40
        and path.parent.name != "versions"  # a migration is a list of columns
    ]
    assert long == []


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines from the first statement after the docstring to the end."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_only_outermost_frames_catch_everything() -> None:
    broad = {
        name_of(path)
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)  # cleans up, passes on
    }
    assert broad <= OUTERMOST


def test_the_hexagon_draws_no_random_numbers() -> None:
    """Contract 2 forbids `random`; numpy has random numbers of its own, which no import contract sees."""
    drawn = [
        f"{name_of(path)}:{ast.unparse(node)}"
        for path in MODULES
        if name_of(path).startswith(("domain/", "ports/"))
        for node in nodes(path)
        if draws(node)
    ]
    assert drawn == []


def draws(node: ast.AST) -> bool:
    """Return whether a node names `numpy.random`."""
    if isinstance(node, ast.Import):
        return any(alias.name.startswith("numpy.random") for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        names = {f"{node.module}.{alias.name}" for alias in node.names}
        return any(name.startswith("numpy.random") for name in names)
    return isinstance(node, ast.Attribute) and ast.unparse(node) in {"np.random", "numpy.random"}


def test_a_promise_left_open_is_not_merged() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    assert [name_of(path) for path in MODULES if left.search(path.read_text())] == []


def test_statements_for_the_database_are_never_built_from_strings() -> None:
    built = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "executemany", "executescript", "text", "exec_driver_sql"}
        and any(is_built(argument) for argument in node.args[:1])
    ]
    assert built == []


def is_built(argument: ast.expr) -> bool:
    """Return whether a statement is put together; a PRAGMA takes no parameters, so it may be."""
    if isinstance(argument, ast.JoinedStr):
        first = argument.values[0]
        return not (isinstance(first, ast.Constant) and str(first.value).startswith("PRAGMA "))
    return isinstance(argument, ast.BinOp)


def test_the_hexagon_imports_with_its_two_packages_alone() -> None:
    """Import every module of domain and ports, and see that no other package came along."""
    program = (
        "import importlib, pathlib, sys\n"
        f"root = pathlib.Path({str(SRC)!r})\n"
        "for part in ('domain', 'ports'):\n"
        "    for path in sorted((root / part).rglob('*.py')):\n"
        "        name = '.'.join(path.relative_to(root.parent).with_suffix('').parts)\n"
        "        importlib.import_module(name.removesuffix('.__init__'))\n"
        "ours = {'netra', 'msgspec', 'numpy', 'typing_extensions'}  # the last: msgspec's, if there\n"
        "tops = {name.partition('.')[0] for name, module in sys.modules.items()\n"
        "        if 'site-packages' in (getattr(module, '__file__', None) or '')}\n"
        "print(sorted(tops - ours))\n"
    )
    ran = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path[:0] = {[str(SRC.parent), *sys.path]!r}\n" + program,
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=COMMAND_S,
    )
    assert ran.stdout.strip() == "[]", ran.stdout + ran.stderr


def test_only_the_safe_functions_print_to_a_terminal() -> None:
    """Names, logs and errors hold what others wrote: `terminal.safe` and `terminal.console` make it plain."""
    rooms = ("entrypoints/commands/", "entrypoints/reports/", "entrypoints/cli.py")
    allowed = {"entrypoints/reports/safe.py", "entrypoints/reports/console.py"}
    printing = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if name_of(path).startswith(rooms) and name_of(path) not in allowed
        for node in nodes(path)
        if isinstance(node, ast.Call) and prints(node)
    ]
    assert printing == []


def prints(call: ast.Call) -> bool:
    """Return whether a call writes a text to the terminal by itself."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "Console" or (call.func.id == "print" and bool(call.args))
    written = ast.unparse(call.func)
    return written in {"click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write", "console.Console"}
