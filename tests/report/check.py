#!/usr/bin/env python3
"""Looks at reports of trainings in a headless Chromium, as at a desk and on telephones, light and dark.

    python3 tests/report/check.py PAGE.html ... [--pictures FOLDER]

Fails with a sentence for each thing that is wrong: a page wider than the screen, a section without content, text that is hard to
read or cut off, an error or a request of the page, no values under the pointer. Needs Python's standard library alone, and a
Chromium (`apt-get install chromium`, or the environment variable CHROMIUM); exits with 77 and says so where there is none.
"""

import argparse
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCREENS = [("desktop", 1280, 800), ("phone", 390, 844), ("narrow", 360, 740)]
SCHEMES = ["light", "dark"]
SKIPPED = 77
SECONDS = 180

# What is wrong with the page as it is laid out, one sentence each.
LAYOUT = r"""
(() => {
  const wrong = [];
  const name = (e) => e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined ? "." + e.className : "") +
    " `" + (e.textContent || "").trim().slice(0, 30) + "`";
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  const shown = (e) => e.checkVisibility();
  for (const e of document.body.querySelectorAll("*")) {
    if (!shown(e) || e.closest("svg")) continue;
    const box = e.getBoundingClientRect();
    if (!e.closest(".scroll") && (box.right > width + 1 || box.left < -1)) wrong.push(`${name(e)} ends at ${box.right}`);
    if (e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0 && getComputedStyle(e).overflowX === "hidden")
      wrong.push(`${name(e)} is cut off`);
  }
  const sections = [...document.querySelectorAll("section")];
  if (!sections.length) wrong.push("there is no section");
  for (const s of sections) {
    if (s.getBoundingClientRect().height < 60 || s.textContent.trim().length < 20) wrong.push(`section ${s.id} is empty`);
  }
  for (const a of document.querySelectorAll("nav a"))
    if (!document.querySelector(a.getAttribute("href"))) wrong.push(`${a.getAttribute("href")} leads nowhere`);
  for (const i of document.images) if (!i.complete || !i.naturalWidth) wrong.push(`the picture ${i.alt} is not shown`);

  const rgba = (text) => {
    const n = text.match(/[\d.]+/g).map(Number);
    const unit = text.startsWith("color(") ? 255 : 1;
    return [n[0] * unit, n[1] * unit, n[2] * unit, n.length > 3 ? n[3] : 1];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(e) || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgba(style.color)), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    const enough = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (contrast < enough) wrong.push(`${name(e)} has a contrast of ${contrast.toFixed(1)}`);
    if (parseFloat(style.fontSize) < 11.5) wrong.push(`${name(e)} is ${style.fontSize} high`);
  }
  // Labels of one axis must not lie on each other.
  for (const plot of document.querySelectorAll(".plot")) for (const axis of [".x", ".y"]) {
    const boxes = [...plot.querySelectorAll(axis)].map((e) => e.getBoundingClientRect());
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) wrong.push("marks of an axis overlap");
    }));
  }
  return [...new Set(wrong)];
})()
"""

POINTED = r"""
(() => {
  const tip = document.querySelector(".tip");
  if (!tip) return "no values are shown under the pointer";
  const box = tip.getBoundingClientRect();
  if (box.left < 0 || box.right > document.documentElement.clientWidth) return `the values under the pointer end at ${box.right}`;
  if (!/step [\d,]+/.test(tip.textContent) || !tip.querySelector("b")) return `the pointer shows ${tip.textContent}`;
  return "";
})()
"""


class Browser:
    """Chromium, spoken to through a pair of pipes by its DevTools protocol."""

    def __init__(self, program, folder):
        commands, self.to = os.pipe()
        self.answers, answers = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4; the pipes' own numbers must be neither.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands, answers)]

        def connect():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=connect, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (commands, answers, *ends):
            os.close(end)
        self.until = time.monotonic() + SECONDS
        self.number, self.session, self.rest, self.events = 0, None, b"", []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            message = self.next()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def next(self):
        while b"\0" not in self.rest:
            left = self.until - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise TimeoutError(f"Chromium did not answer within {SECONDS} s")
            some = os.read(self.answers, 1 << 20)
            if not some:
                raise RuntimeError("Chromium ended")
            self.rest += some
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.next())

    def evaluate(self, expression):
        answer = self("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def complaints(events, address):
    """What the page itself complained of, and what it asked for beside itself."""
    for event in events:
        method, said = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield f"an exception: {said['exceptionDetails'].get('text')}"
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            yield f"the console says {said['args']}"
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            yield f"the log says {said['entry']['text']}"
        elif method == "Network.requestWillBeSent":
            asked = said["request"]["url"]
            if asked.split("#")[0] != address and not asked.startswith("data:"):
                yield f"the page asks for {asked}"


def look(browser, page, screen, scheme, pictures):
    """What is wrong with the page on this screen."""
    name, width, height = screen
    address = page.resolve().as_uri()
    is_phone = name != "desktop"
    browser("Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)
    browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    browser("Page.navigate", url=address)
    browser.wait("Page.loadEventFired")
    wrong = browser.evaluate(LAYOUT)

    if browser.evaluate("document.querySelector('.plot') !== null"):
        for part in (0.02, 0.5, 0.98):
            place = browser.evaluate(
                "(() => { const p = document.querySelector('.plot'); p.scrollIntoView({block: 'center', behavior: 'instant'});"
                f" const b = p.getBoundingClientRect(); return [b.left + {part} * b.width, b.top + b.height / 2] }})()")
            browser("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
            wrong.append(browser.evaluate(POINTED))
        browser("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    if pictures:
        browser.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        size = browser("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1}
        shot = browser("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        (pictures / f"{page.stem}-{name}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
    wrong += complaints(browser.events, address)
    return [f"{page.name}, {name}, {scheme}: {what}" for what in wrong if what]


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("pages", nargs="+", type=Path)
    options.add_argument("--pictures", type=Path, help="a folder for pictures of the whole pages")
    options = options.parse_args()
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "chrome"]
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        print("SKIPPED: there is no Chromium to look at reports with; get it by `apt-get install chromium`")
        return SKIPPED
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            wrong = [what for page in options.pages for screen in SCREENS for scheme in SCHEMES
                     for what in look(browser, page, screen, scheme, options.pictures)]
        finally:
            browser.close()
    for what in wrong:
        print(what)
    looks = len(options.pages) * len(SCREENS) * len(SCHEMES)
    print(f"result looks={looks}\nresult complaints={len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
