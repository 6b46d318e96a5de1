"""The README's Python runs as printed, against a log like the one it speaks of."""

import re
import subprocess
import sys
from pathlib import Path

from tests.waiting import COMMAND_S

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LOG = "timestamp,model,input_tokens,output_tokens\n" + "".join(
    f"2026-01-01T00:{minute:02}:00Z,gpt-4o,{1_000 + minute},200\n" for minute in range(60)
)


def test_the_embedding_example_is_short_and_runs(tmp_path: Path) -> None:
    (example,) = BLOCK.findall((ROOT / "README.md").read_text())
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    (tmp_path / "traffic.csv").write_text(LOG)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        timeout=COMMAND_S,
    )
    assert ran.returncode == 0, ran.stderr
    assert "60 calls" in ran.stdout
