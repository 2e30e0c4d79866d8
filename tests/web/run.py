"""Runs a test of the viewer's page: `run.py unit` its parts under vitest, `run.py page` all of it in a browser.

Exit status 77, which ctest counts as skipped, where node, what npm fetches, or a browser is missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}; ./dev setup and ./dev build mend that")
    sys.exit(SKIPPED)


def main(which):
    node = shutil.which("node")
    if node is None:
        skip("there is no node")
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        skip("web/node_modules is not there")
    environment = dict(os.environ)
    if which == "unit":
        for command in (["typescript/bin/tsc", "--noEmit"], ["vitest/vitest.mjs", "run"]):
            path, *arguments = command
            status = subprocess.call([node, str(WEB / "node_modules" / path), *arguments], cwd=WEB, env=environment)
            if status != 0:
                return status
        return 0
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        skip("there is no chromium")
    if not (WEB.parent / "build" / "web" / "index.html").exists():
        skip("the page was not built")
    environment["CHROMIUM"] = chromium
    return subprocess.call([node, str(WEB / "test" / "page.mjs"), *sys.argv[2:]], cwd=WEB, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
