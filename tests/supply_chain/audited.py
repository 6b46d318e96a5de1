"""Asks an advisory database for known holes in the pinned packages, and says plainly when none answers.

Exit code 0: asked, and none are known; or nobody could be asked, which is told and is no failure of
ours. Anything else: holes, or a fault of the question itself. Further arguments go to pip-audit.
"""

import json
import subprocess
import sys

UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "Max retries exceeded", "ProxyError")
QUESTION = [
    *("--no-deps", "--disable-pip", "--vulnerability-service", "osv"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "5"),
]


def main(requirements: str, *further: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", requirements, *QUESTION, *further]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if not asked.stdout.strip():
        last = asked.stderr.strip().splitlines()[-1:]
        if any(word in asked.stderr for word in UNREACHABLE):
            print(f"NOT CHECKED: no advisory database can be reached from here. {last}")
            return 0
        print(f"pip-audit failed: {last}")
        return asked.returncode or 1
    packages = json.loads(asked.stdout)["dependencies"]
    holes = [(one["name"], one["version"], hole) for one in packages for hole in one.get("vulns", [])]
    for name, version, hole in holes:
        print(f"{name} {version}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release'}")
    print(f"{len(packages)} packages asked about, {len(holes)} known holes.")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
