"""axe-core, which looks for what keeps people from using a page."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "bot/workspace/page/node_modules/axe-core/axe.min.js"

# Colours are looked at when they have become what they are to be.
SETTLED = """() => {
  const lasting = (each) => each.effect.getComputedTiming().endTime === Infinity;
  return Promise.allSettled(document.getAnimations().filter((each) => !lasting(each)).map((each) => each.finished));
}"""


def complaints(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now, one line for each rule and element."""
    page.evaluate(_source())
    page.evaluate(SETTLED)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((results) => results.violations)")
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@cache
def _source() -> str:
    """Its absence fails in CI and skips elsewhere."""
    if not AXE.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is not installed: make .venv/tools")
    return AXE.read_text(encoding="utf-8")
