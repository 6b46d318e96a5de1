"""What the tests of formats share: files made of rows, and the calls in them as plain values."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netra.bootstrap.files import request_logs
from netra.domain.workloads.columns import Events, Labels
from netra.ports.log_files import ReadLog
from netra.settings import Settings


def lines_of(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def read(tmp_path: Path, content: str, *, name: str = "log") -> ReadLog:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return request_logs(Settings()).read(str(file))


def read_folder(folder: Path) -> ReadLog:
    return request_logs(Settings()).read(str(folder))


def calls_of(events: Events) -> list[dict[str, Any]]:
    """Return each call's known columns by name."""
    return [
        {
            name: value
            for name in events.__struct_fields__
            if (value := _value(getattr(events, name), place)) is not None
        }
        for place in range(len(events))
    ]


def _value(column: Any, place: int) -> Any:
    if column is None:
        return None
    if isinstance(column, Labels):
        return column.of(place)
    value = column[place]
    if isinstance(value, np.generic):
        value = value.item()
    return None if value == -1 or value != value else value
