"""What `netra demo` does as a client: the documented requests, over real HTTP and a real WebSocket."""

import json
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Final

import httpx
import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.text import Text
from websockets.asyncio.client import connect

from netra.domain.optimization.model import Advice
from netra.domain.workloads.columns import Events
from netra.entrypoints.terminal.digest import digest_of
from netra.entrypoints.terminal.progress import progress_on
from netra.entrypoints.terminal.report import rendered
from netra.entrypoints.terminal.sketch import sketch_of

QUESTION: Final = "Optimize my AI workload for cost efficiency"
TIMEOUT_S: Final = 60.0


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who the demo signs in as."""

    email: str
    password: str


class Journey:
    """One walk through the API, told on the console as it goes."""
