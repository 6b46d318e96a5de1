"""Renders why a bill changed as one self-contained HTML file."""

from html import escape

from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.wording import TITLES, amount_of, largest, notes, per, signed, summary
from netra.domain.texts import plain
from netra.entrypoints.reports.change_plot import change_plot
from netra.entrypoints.reports.page import STYLE, figure_of


def change_page(explanation: Explanation, *, source: str, dropped: str = "") -> str:
    """Return the whole page; `dropped` says which part of the log is in no figure."""
    head = f"{dropped} {summary(explanation)}".lstrip()
    name = escape(plain(source))
    rows = "".join(
        f"<tr><td>{escape(TITLES[one.name])}</td><td>{escape(signed(amount_of(one, explanation)))}"
        f"{per(explanation)}</td><td>{escape(plain(one.mostly or ''))}</td></tr>"
        for one in largest(explanation)
    )
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name} – Netra</title>",
            f"<style>{STYLE}</style></head><body><main><header><p>{name}</p>",
            f"<h1>{escape(plain(head))}</h1></header>",
            *figure_of(change_plot(explanation)),
            "<table><thead><tr><th>factor</th><th>effect</th><th>mostly</th></tr></thead>",
            f"<tbody>{rows}</tbody></table><footer>",
            *(f"<p>{escape(plain(line))}</p>" for line in notes(explanation)),
            "</footer></main></body></html>\n",
        )
    )
