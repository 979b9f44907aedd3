"""Draw the picture that links to the book are shown with, and the icons that are no SVG.

    python tools/preview.py [/path/to/chromium]

Run it after a change to the cover or the favicon, and commit what it writes to `book/_static`:
preview.png (1200 × 630) and favicon.ico (16, 32, 48).  It needs Playwright and a Chromium, which
nothing else in the build does; the fonts are those of `node_modules`.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

from browser import find
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "book" / "_static"
FONTS = ROOT / "node_modules" / "@fontsource"

PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
@font-face { font-family: Book; src: url(data:font/woff2;base64,%(serif)s) }
@font-face { font-family: Book; font-style: italic; src: url(data:font/woff2;base64,%(italic)s) }
@font-face { font-family: Mono; src: url(data:font/woff2;base64,%(mono)s) }
@font-face { font-family: Mono; font-weight: 600; src: url(data:font/woff2;base64,%(bold)s) }
body { margin: 0; width: 1200px; height: 630px; box-sizing: border-box; padding: 64px 72px 0;
  background: #fffefb; color: #23262b; font-family: Book }
h1 { margin: 0; font-size: 104px; font-weight: 400; letter-spacing: -.03em; line-height: 1 }
p { margin: 10px 0 44px; color: #62676e; font-size: 36px; font-style: italic; line-height: 1.2 }
svg { display: block; width: 1056px; height: auto } text { font-family: Mono }
</style><h1>micrograd</h1><p>From a node to a GPT, one scalar at a time</p>%(cover)s"""


def font(package: str, file: str) -> str:
    return base64.b64encode((FONTS / package / "files" / file).read_bytes()).decode()


def preview(browser: Browser) -> bytes:
    page = browser.new_page(viewport={"width": 1200, "height": 630})
    page.set_content(PAGE % {
        "serif": font("source-serif-4", "source-serif-4-latin-400-normal.woff2"),
        "italic": font("source-serif-4", "source-serif-4-latin-400-italic.woff2"),
        "mono": font("source-code-pro", "source-code-pro-latin-400-normal.woff2"),
        "bold": font("source-code-pro", "source-code-pro-latin-600-normal.woff2"),
        "cover": (STATIC / "cover.svg").read_text(encoding="utf-8"),
    })
    page.evaluate("document.fonts.ready")
    return page.screenshot()


def icon(browser: Browser, size: int) -> Image.Image:
    page = browser.new_page(viewport={"width": size, "height": size})
    drawing = (STATIC / "favicon.svg").read_text(encoding="utf-8")
    page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}")
    return Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")


def main() -> None:
    chromium = sys.argv[1] if len(sys.argv) > 1 else find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        picture = Image.open(io.BytesIO(preview(browser))).convert("RGB")
        picture.save(STATIC / "preview.png", optimize=True)
        icons = [icon(browser, size) for size in (48, 32, 16)]
        icons[0].save(
            STATIC / "favicon.ico", sizes=[(48, 48), (32, 32), (16, 16)], append_images=icons[1:]
        )
        browser.close()


if __name__ == "__main__":
    main()
