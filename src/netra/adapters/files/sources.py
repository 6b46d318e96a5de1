"""Finds the files that a path stands for: a file, a folder, a pattern such as `logs/*.jsonl`, or `-`."""

from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import Final

import msgspec

from netra.domain.errors import UnreadableFile

STANDARD_INPUT: Final = "-"
FILES_MAX: Final = 100_000  # files of one read; a folder of transcripts has some thousands
KINDS: Final = (
    ".jsonl",
    ".ndjson",
    ".json",
    ".csv",
    ".tsv",
    ".txt",
    ".log",
)  # read from a folder, also with .gz


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The files to read, in order; `is_given` ones were named one by one, so each of them must be a log."""

    paths: tuple[str, ...]
    is_given: bool


def sources_of(paths: Sequence[str]) -> Sources:
    """Return the files behind `paths`, each once, those of a folder or pattern by name.

    Raises `UnreadableFile` for a pattern or folder without a file, and beyond `FILES_MAX` files.
    """
    found: dict[str, None] = {}
    for path in paths:
        for file in _files_of(path):
            found[file] = None
            if len(found) > FILES_MAX:
                raise UnreadableFile(f"{path!r} holds more than {FILES_MAX:,} files; name a smaller folder.")
    is_given = not any(_is_many(path) for path in paths)
    return Sources(paths=tuple(found), is_given=is_given)


def _is_many(path: str) -> bool:
    return path != STANDARD_INPUT and not Path(path).is_file()


def _files_of(path: str) -> Iterator[str]:
    if path == STANDARD_INPUT or Path(path).is_file():
        yield path
    elif Path(path).is_dir():
        yield from _some(sorted(_logs_below(Path(path))), path=path)
    elif has_magic(path):
        matches = sorted(glob(path, recursive=True))  # noqa: PTH207  # `Path.glob` takes no absolute pattern
        files = [name for match in matches for name in _found_by_pattern(match)]
        yield from _some(files, path=path)
    else:
        yield path  # missing or no regular file: opening it says why


def _found_by_pattern(match: str) -> Iterator[str]:
    if Path(match).is_dir():
        yield from sorted(_logs_below(Path(match)))
    else:
        yield match


def _logs_below(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.name.lower().removesuffix(".gz").endswith(KINDS) and not is_hidden and file.is_file():
            yield str(file)


def _some(files: Sequence[str], *, path: str) -> Sequence[str]:
    if not files:
        kinds = ", ".join(KINDS)
        raise UnreadableFile(f"{path!r} holds no log: no file ends in {kinds}, with or without .gz.")
    return files
