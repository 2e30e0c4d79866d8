#!/usr/bin/env python3
"""Holds the repository to the rules that no compiler knows.

    tools/check/check.py [ROOT]     exit status 1 and one line for each broken rule: PATH:LINE: [rule] what and why

Rules
    arrows    who may include whom: ARROWS below, the DEPENDS of each module and every #include say the same
    dead      files that nothing builds, runs or includes
    long      files that nobody reads to the end
    banned    calls that print, exit, or bring time and chance in by the back door
    folders   folders that ARCHITECTURE.md does not explain
    markers   notes to do later what belongs into an issue
    text      line ends, tabs, blanks at line ends

The files are those that git tracks or would track, so a build folder is never looked at.
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# What each module may depend on; through these it may include what they may. The order is from the ground up.
ARROWS = {
    "base": set(),
    "ipld": {"base"},
    "event": {"ipld"},
    "store": {"event"},
    "store_sqlite": {"store"},
    "store_jetstream": {"store"},
    "store_mirror": {"store"},
    "store_open": {"store", "store_sqlite", "store_jetstream"},
    "stream": {"store"},
    "router": {"event"},
    "sequencer": {"event"},
    "graph": {"event"},
    "replay": {"event", "graph"},
    "host": {"stream", "router", "sequencer", "graph", "replay"},
    "capi": {"host"},
}

# The header that includes all others is for users; inside, it would hide every arrow.
UMBRELLA = "include/cim/cim.hpp"

LONG_WARNING = 500
LONG_ERROR = {"tests": 1500, "": 1000}

CPP = (".cpp", ".hpp", ".h", ".c")
CODE = CPP + (".py", ".cmake", ".txt", ".rs", ".ts", ".tsx", ".js", ".sh")
# Bytes kept as they came from elsewhere: golden files, fuzz inputs, licences, locks of package managers.
VERBATIM = re.compile(r"(^|/)(golden|corpus|fixtures)/|(^|/)(LICENSE|Cargo\.lock|package-lock\.json)$")

_CALL = r"(?<![\w.:>])(?:std::|::)?"
BANNED = [
    (re.compile(_CALL + r"(?:f|v|vf)?printf\s*\("), "the library never prints: return an Error or call the log hook"),
    (re.compile(_CALL + r"(?:puts|fputs|putchar|perror)\s*\("), "the library never prints"),
    (re.compile(r"\bstd::(?:cout|cerr|clog)\b"), "the library never prints: return an Error or call the log hook"),
    (re.compile(r"\b(?:fmt|std)::(?:print|println|vprint)\s*\("), "the library never prints"),
    (re.compile(_CALL + r"(?:exit|_exit|_Exit|quick_exit|abort|terminate)\s*\("), "the library never ends the program"),
    (re.compile(_CALL + r"system\s*\("), "a shell reads its argument: run programs by their arguments"),
    (re.compile(_CALL + r"s?rand\s*\("), "randomness is injected"),
    (re.compile(_CALL + r"(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof)\s*\("), "it checks no bounds"),
]
BANNED_OUTSIDE_BASE = [
    (re.compile(r"\b(?:system_clock|high_resolution_clock)::now\b"), "the clock is injected; only src/base reads it"),
    (re.compile(r"\bstd::random_device\b"), "randomness is injected; only src/base reads it"),
]

# Formats in which a tab means something, or whose own formatter puts it there.
TABS = re.compile(r"\.go$|(^|/)(go\.mod|go\.sum|Makefile|\.gitmodules)$")

# In two parts each, so that this file does not hold what it looks for.
MARKERS = re.compile(r"\b(" + "|".join(["FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK"]) + r")\b")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
MODULE = re.compile(r"\bcim_module\(([^)]*)\)")


@dataclass(frozen=True)
class Problem:
    path: str
    line: int
    rule: str
    text: str
    warning: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {'(warning) ' if self.warning else ''}{self.text}"


@dataclass
class Module:
    name: str
    folder: str
    line: int
    depends: set = field(default_factory=set)
    headers: list = field(default_factory=list)


class Tree:
    """The files under a root, and the modules that their CMakeLists.txt declare."""

    def __init__(self, root):
        self.root = Path(root)
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout
        # A file that is deleted but not yet committed is still listed.
        self.files = sorted({name for name in listed.split("\0") if name and (self.root / name).is_file()})
        self._known = set(self.files)
        self._texts = {}
        self.modules = {module.name: module for module in self._declared_modules()}
        self.owner = {f"include/cim/{header}": module.name
                      for module in self.modules.values() for header in module.headers}

    def __contains__(self, path):
        return path in self._known

    def text(self, path):
        """The file's text, or None for a binary file."""
        if path not in self._texts:
            data = (self.root / path).read_bytes()
            try:
                self._texts[path] = None if b"\0" in data else data.decode("utf-8")
            except UnicodeDecodeError:
                self._texts[path] = None
        return self._texts[path]

    def matching(self, *prefixes, suffixes=CPP):
        return [path for path in self.files if path.startswith(prefixes) and path.endswith(suffixes)]

    def includes(self, path):
        """(line, name, quoted) for each #include that is not commented out."""
        text = without_comments(self.text(path) or "")
        for match in INCLUDE.finditer(text):
            yield line_of(text, match.start()), match.group(1) or match.group(2), match.group(1) is not None

    def resolve(self, path, name, quoted):
        """The file of this repository that an #include means, or None."""
        places = [f"include/{name}", f"src/{name}", f"adapters/entt/{name}", f"adapters/flecs/{name}"]
        if quoted:
            places += [str(Path(path).parent / name), f"tests/{name}", f"tools/{name}"]
        return next((place for place in places if place in self._known), None)

    def module_of(self, path):
        """The name of the module that a file in src/ or include/cim/ belongs to, or None."""
        if path in self.owner:
            return self.owner[path]
        folders = {module.folder: module.name for module in self.modules.values()}
        parent = Path(path).parent
        while str(parent) != ".":
            if str(parent) in folders:
                return folders[str(parent)]
            parent = parent.parent
        return None

    def reachable(self, name):
        """The module and all that it may include from, by what its CMakeLists.txt declares."""
        seen, todo = set(), [name]
        while todo:
            module = todo.pop()
            if module not in seen:
                seen.add(module)
                todo += self.modules[module].depends if module in self.modules else ()
        return seen

    def _declared_modules(self):
        for path in self.matching("src/", suffixes=("CMakeLists.txt",)):
            text = re.sub(r"#.*", "", self.text(path) or "")
            for call in MODULE.finditer(text):
                words = call.group(1).split()
                module = Module(words[0], str(Path(path).parent), line_of(text, call.start()))
                keyword = None
                for word in words[1:]:
                    if word in ("DEPENDS", "HEADERS", "LIBS", "HEADER_LIBS"):
                        keyword = word
                    elif keyword == "DEPENDS":
                        module.depends.add(word)
                    elif keyword == "HEADERS":
                        module.headers.append(word)
                yield module


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


# One pattern for both, so that a // inside a string is no comment and a quote inside a comment opens no string.
_COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def without_comments(text):
    """The text with comments blanked; lines and columns stay."""
    return _COMMENT_OR_STRING.sub(lambda m: _blank(m) if m.group(0).startswith("/") else m.group(0), text)


def code_only(text):
    """The text with comments and literals blanked; lines and columns stay."""
    return _COMMENT_OR_STRING.sub(_blank, text)


def check_arrows(tree):
    for module in tree.modules.values():
        lists = f"{module.folder}/CMakeLists.txt"
        if module.name not in ARROWS:
            yield Problem(lists, module.line, "arrows",
                          f"module {module.name} is not in ARROWS of tools/check/check.py: say there what it may use")
        for name in sorted(module.depends - ARROWS.get(module.name, module.depends)):
            yield Problem(lists, module.line, "arrows", f"module {module.name} may not depend on {name}")

    for path in tree.matching("src/", "include/"):
        yield from _arrows_of_library_file(tree, path)
    for path in tree.matching("adapters/", "examples/", "bindings/"):
        for line, name, quoted in tree.includes(path):
            target = tree.resolve(path, name, quoted) or ""
            if target.startswith("src/"):
                yield Problem(path, line, "arrows", f"{name} is private to the library; use what include/cim offers")
            if path.startswith("bindings/") and target.startswith("include/") and target != "include/cim/cim.h":
                yield Problem(path, line, "arrows", "bindings see the C ABI only, cim/cim.h")


def _arrows_of_library_file(tree, path):
    own = tree.module_of(path)
    if own is None and path.startswith("include/") and path != UMBRELLA:
        yield Problem(path, 1, "arrows",
                      "no module owns this header: name it in HEADERS of its module's CMakeLists.txt")
    allowed = tree.reachable(own) if own else set(tree.modules)
    for line, name, quoted in tree.includes(path):
        target = tree.resolve(path, name, quoted)
        if path.startswith("include/"):
            if quoted or (target is None and ("/" in name or (name.endswith(".hpp")))):
                yield Problem(path, line, "arrows",
                              f"a public header includes <cim/...> and the standard library, not {name}")
                continue
        elif quoted and target != f"src/{name}":
            yield Problem(path, line, "arrows", f'"{name}" is not a path from src/; write "<module>/<file>"')
            continue
        if target is None:
            continue
        if target == UMBRELLA:
            yield Problem(path, line, "arrows", "cim/cim.hpp is for users; include what is meant")
            continue
        other = tree.module_of(target)
        if other and other not in allowed:
            yield Problem(path, line, "arrows", f"{own} may not include {name}, which belongs to {other}")


def check_dead(tree):
    included = set()
    for path in tree.matching(""):
        for _, name, quoted in tree.includes(path):
            included.add(tree.resolve(path, name, quoted))

    for path in tree.matching("src/", "include/", "adapters/", suffixes=(".hpp", ".h")):
        if path not in included and path not in (UMBRELLA, "include/cim/cim.h"):
            yield Problem(path, 1, "dead", "nothing includes this header")
    folders = {module.folder for module in tree.modules.values()}
    for path in tree.matching("src/", suffixes=(".cpp",)):
        if str(Path(path).parent) not in folders:
            yield Problem(path, 1, "dead", "nothing builds this file: its folder declares no cim_module")
    for module in tree.modules.values():
        for header in module.headers:
            if f"include/cim/{header}" not in tree:
                yield Problem(f"{module.folder}/CMakeLists.txt", module.line, "dead",
                              f"include/cim/{header} does not exist")

    for path in tree.matching("tests/", suffixes=(".cpp",)):
        if not path.startswith("tests/install/") and f"{Path(path).parent}/CMakeLists.txt" not in tree:
            yield Problem(path, 1, "dead", "this test never runs: its folder has no CMakeLists.txt")
    for path in tree.matching("bench/", suffixes=(".cpp",)):
        if path.count("/") == 1 and not path.endswith("_bench.cpp"):
            yield Problem(path, 1, "dead", "nothing builds this file: benchmarks are called *_bench.cpp")
    for path in tree.matching("fuzz/", suffixes=(".cpp",)):
        if not path.endswith("_fuzz.cpp") and path != "fuzz/smoke_main.cpp":
            yield Problem(path, 1, "dead", "nothing builds this file: fuzzers are called *_fuzz.cpp")


def check_long(tree):
    for path in tree.files:
        if (not path.endswith(CODE) and path != "dev") or VERBATIM.search(path):
            continue
        lines = (tree.text(path) or "").count("\n")
        limit = LONG_ERROR.get(path.split("/")[0], LONG_ERROR[""])
        if lines > limit:
            yield Problem(path, 1, "long", f"{lines} lines, over {limit}: split it by what its parts are for")
        elif lines > LONG_WARNING and limit == LONG_ERROR[""]:
            yield Problem(path, 1, "long", f"{lines} lines: past {LONG_WARNING} ask why", warning=True)


def check_banned(tree):
    for path in tree.matching("src/", "include/"):
        code = code_only(tree.text(path) or "")
        patterns = BANNED if path.startswith("src/base/") else BANNED + BANNED_OUTSIDE_BASE
        for pattern, why in patterns:
            for match in pattern.finditer(code):
                call = match.group(0).rstrip("( \t\n")
                yield Problem(path, line_of(code, match.start()), "banned", f"{call}: {why}")


def check_folders(tree):
    if "ARCHITECTURE.md" not in tree:
        yield Problem("ARCHITECTURE.md", 1, "folders", "missing: it holds the folder map")
        return
    page = tree.text("ARCHITECTURE.md") or ""
    folders = {path.split("/")[0] for path in tree.files if "/" in path}
    for path in tree.files:
        parents = [str(parent) for parent in Path(path).parents]
        folders.update(parent for parent in parents if parent.startswith("src/"))
    for folder in sorted(folders):
        if not _explained(folder, page):
            yield Problem("ARCHITECTURE.md", 1, "folders", f"{folder}/ is not in the folder map")


def _explained(folder, page):
    def named(name, text):
        return re.search(rf"(?<![\w/.-]){re.escape(name)}/", text)

    # A line of the map may go on with the folders inside: `src/store/` the log; `sqlite/` in one file.
    parent, _, last = folder.rpartition("/")
    return named(folder, page) or any(parent and named(parent, line) and named(last, line) for line in page.split("\n"))


def check_markers(tree):
    for path in tree.files:
        if not VERBATIM.search(path):
            for match in MARKERS.finditer(tree.text(path) or ""):
                yield Problem(path, line_of(tree.text(path), match.start()), "markers",
                              f"{match.group(0)}: do it now, or file an issue and say here what is so")


def check_text(tree):
    for path in tree.files:
        text = tree.text(path)
        if not text or VERBATIM.search(path):
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if line.endswith("\r"):
                yield Problem(path, number, "text", "CRLF line end")
                break
            if line != line.rstrip():
                yield Problem(path, number, "text", "blanks at the line's end")
            if "\t" in line and not TABS.search(path):
                yield Problem(path, number, "text", "a tab; indent with blanks")
        if not text.endswith("\n"):
            yield Problem(path, text.count("\n") + 1, "text", "the last line does not end")


RULES = [check_arrows, check_dead, check_long, check_banned, check_folders, check_markers, check_text]


def check(root):
    tree = Tree(root)
    return tree, [problem for rule in RULES for problem in rule(tree)]


def main(arguments):
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print(__doc__)
        return 2
    root = arguments[0] if arguments else Path(__file__).resolve().parents[2]
    tree, problems = check(root)
    for problem in problems:
        print(problem)
    errors = sum(not problem.warning for problem in problems)
    print(f"{len(tree.files)} files: {errors} broken rules, {len(problems) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
