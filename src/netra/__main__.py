"""`python -m netra` is `netra`."""

from netra.entrypoints.cli import main

if __name__ == "__main__":
    main()
