"""Starts `netra demo` for a test: prints what its farewell offers, and ends with its standard input.

python sdks/tools/demo.py        {"base_url": "http://127.0.0.1:…", "api_key": "nk_…"}
"""

import json
import re
import signal
import subprocess
import sys

OFFER = re.compile(r"export NETRA_BASE_URL=(\S+) NETRA_API_KEY=(\S+)")


def main() -> None:
    """Start the demo, say where it is, and end it when the input ends."""
    command = [sys.executable, "-m", "netra", "demo", "--port", "0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None  # noqa: S101 (it is a pipe)
    try:
        for line in demo.stdout:
            if found := OFFER.search(line):
                base_url, api_key = found.groups()
                print(json.dumps({"base_url": base_url, "api_key": api_key}), flush=True)
                sys.stdin.read()
                break
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait()


main()
