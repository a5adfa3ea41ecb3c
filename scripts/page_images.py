"""Makes the pictures of the page in docs/assets, from a real server and a real browser.

python scripts/page_images.py        needs Chromium, of playwright or of the system
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "docs" / "assets"
TABLE_QUESTION = "Which fusion method uses only the ranks?"
TEXT_QUESTION = "Why is decoding limited by memory bandwidth?"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
WAIT_MS = 120_000


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a server of ``corpus/``, which ends with the block."""
    rag = (sys.executable, "-m", "rag_infer")
    environment = os.environ | {"RAG_INDEXES": str(folder / "indexes")}
    index = (*rag, "index", str(ROOT / "corpus"), "-i", "handbook")
    subprocess.run(index, check=True, env=environment, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        (*rag, "serve", "-i", "handbook", "--port", "0", "--data-dir", str(folder / "data")),
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        yield next(line.split()[1] for line in process.stderr if line.startswith("listening"))
    finally:
        process.terminate()
        process.communicate(timeout=60)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, question, viewport, theme in (
            ("page_answer", TABLE_QUESTION, WIDE, "light"),
            ("page_text", TEXT_QUESTION, WIDE, "dark"),
            ("page_phone", TABLE_QUESTION, PHONE, "light"),
        ):
            page = browser.new_page(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
            page.set_default_timeout(WAIT_MS)
            page.goto(url)
            if name == "page_answer":
                page.locator("#suggestions button").first.wait_for()
                page.screenshot(path=ASSETS / "page_first.png")
            page.get_by_label("Your question").fill(question)
            page.keyboard.press("Enter")
            page.locator(".answer .cite").first.click()
            page.locator("#sheet :is(mark, .paper i)").first.wait_for()
            page.screenshot(path=ASSETS / f"{name}.png")
            page.close()
        browser.close()
    for path in sorted(ASSETS.glob("page_*.png")):
        print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
