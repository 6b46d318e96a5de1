"""The operating system's limit on open files; each connection is one."""

import sys


def raise_open_files_limit() -> None:
    """Raise this process's soft limit to its hard limit: the soft one is often as low as 1,024."""
    if sys.platform == "win32":
        return
    import resource  # missing on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def open_files_limit() -> int | None:
    """Return how many files this process may open; None without a limit."""
    if sys.platform == "win32":
        return None
    import resource  # missing on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
