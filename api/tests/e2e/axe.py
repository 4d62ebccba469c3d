"""What axe finds in a page, by the rules of WCAG 2.2 AA and its own good practice."""

import time
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The library's dialogs have a <header>, which axe takes for the banner of the page though it is inside a dialog.
NOT_ASKED = ["landmark-no-duplicate-banner", "landmark-unique"]

_SETTLED_SECONDS = 30.0

_RUN = """
async ([tags, notAsked]) => {
  const rules = Object.fromEntries(notAsked.map((rule) => [rule, { enabled: false }]));
  const found = await window.axe.run(document, { runOnly: tags, rules, resultTypes: ["violations"] });
  const told = (node) => [node.target.join(" "), node.html.slice(0, 160), node.failureSummary ?? ""].join("\\n    ");
  return found.violations.map((rule) => `${rule.id}: ${rule.help}\\n` + rule.nodes.slice(0, 4).map(told).join("\\n"));
}
"""


def expect_accessible(page: Page) -> None:
    """Fails with each broken rule and the places where it is broken. What is on its way in or out (a menu that fades, a dialog
    that opens) gets a moment to be there, or gone."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    deadline = time.monotonic() + _SETTLED_SECONDS
    while found := page.evaluate(_RUN, [TAGS, NOT_ASKED]):
        assert time.monotonic() < deadline, "\n\n".join(found)
        page.wait_for_timeout(200)
