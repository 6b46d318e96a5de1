"""The operating system's limit on open files, of which each connection is one."""

import sys


def raise_open_files_limit() -> None:
    """Raise the soft limit of this process to the hard one: the soft one is often as low as 1,024."""
    if sys.platform == "win32":
        return
    import resource  # not made for Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def open_files_limit() -> int | None:
    """Return how many files this process may have open; None when there is no limit."""
    if sys.platform == "win32":
        return None
    import resource  # as above

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
