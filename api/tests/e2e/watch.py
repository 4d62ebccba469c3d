"""Notes what goes wrong in a page: errors and warnings of its console, errors nobody caught, violations of its policy."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Page

# Runs before any script of the page. Shifts right after an input are wanted, so browsers mark them.
_OBSERVE = """
(() => {
  window.__layoutShift = 0;
  window.__shifted = [];
  const describe = (node) => node?.outerHTML?.slice(0, 60) ?? String(node?.textContent).slice(0, 60);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.__layoutShift += entry.value;
      const place = (box) => `${box.x},${box.y} ${box.width}x${box.height}`;
      const told = (part) => `${describe(part.node)} from ${place(part.previousRect)} to ${place(part.currentRect)}`;
      const moved = entry.sources.map(told).join(" | ");
      window.__shifted.push(`${entry.value.toFixed(3)} at ${Math.round(entry.startTime)} ms: ${moved}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
})();
"""


@dataclass
class Watch:
    """`expect` names what is wanted in this test, as a regular expression."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not any(re.search(pattern, problem) for pattern in self.expected)]

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def note_error(self, error: Error) -> None:
        self.problems.append(f"uncaught: {error}")


def watch(page: Page, noted: Watch) -> None:
    page.add_init_script(_OBSERVE)
    page.on("console", noted.note_message)
    page.on("pageerror", noted.note_error)


def layout_shift(page: Page) -> tuple[float, list[str]]:
    """How much the page has moved by itself so far, and what did."""
    shift, shifted = page.evaluate("() => [window.__layoutShift, window.__shifted]")
    return float(shift), list(shifted)
