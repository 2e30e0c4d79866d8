"""Each rule of tools/check/check.py passes a small clean repository and catches the one thing a test breaks in it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "check"))
import check  # noqa: E402

CLEAN = {
    "ARCHITECTURE.md": "include/cim/ headers, src/base/ errors, src/ipld/ codec, src/event/ blocks\n"
                       "src/store/ log; sqlite/ one file, tests/ what you expect\n",
    "include/cim/error.hpp": "#include <string>\n",
    "include/cim/ipld.hpp": "#include <cim/error.hpp>\n",
    "include/cim/store.hpp": "#include <cim/ipld.hpp>\n",
    "include/cim/cim.hpp": "#include <cim/error.hpp>\n#include <cim/ipld.hpp>\n#include <cim/store.hpp>\n",
    "src/base/CMakeLists.txt": "cim_module(base HEADERS error.hpp LIBS fmt::fmt)\n",
    "src/base/error.cpp": "#include <cim/error.hpp>\n\n#include \"base/try.hpp\"\n",
    "src/base/try.hpp": "// A macro.\n",
    "src/ipld/CMakeLists.txt": "cim_module(ipld\n    DEPENDS base\n    HEADERS ipld.hpp)\n",
    "src/ipld/cid.cpp": "#include <cim/ipld.hpp>\n\n#include \"base/try.hpp\"\n",
    "src/event/CMakeLists.txt": "cim_module(event DEPENDS ipld)\n",
    "src/event/block.cpp": "#include <cim/error.hpp>\n",
    "src/store/CMakeLists.txt": "cim_module(store DEPENDS event HEADERS store.hpp)\n",
    "src/store/store.cpp": "#include <cim/store.hpp>\n",
    "src/store/sqlite/CMakeLists.txt": "cim_module(store_sqlite DEPENDS store)\n",
    "src/store/sqlite/store.cpp": "#include <cim/store.hpp>\n\n#include <sqlite3.h>\n",
    "tests/base/CMakeLists.txt": "cim_test(base)\n",
    "tests/base/error_test.cpp": "#include \"base/try.hpp\"\n",
}


class RuleTest(unittest.TestCase):
    def problems(self, changes=None):
        """What the checker says of the clean repository with some files added, changed or, by None, removed."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "-q", folder], check=True)
            for path, text in {**CLEAN, **(changes or {})}.items():
                if text is not None:
                    file = Path(folder, path)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(text if isinstance(text, bytes) else text.encode())
            return check.check(folder)[1]

    def assert_caught(self, rule, path, changes, line=None, warning=False):
        found = self.problems(changes)
        told = "\n".join(map(str, found))
        self.assertTrue(any(problem.rule == rule and problem.path == path and problem.warning == warning
                            and line in (None, problem.line) for problem in found), f"not caught; told:\n{told}")
        self.assertEqual({rule}, {problem.rule for problem in found}, f"told more than it should:\n{told}")

    def assert_clean(self, changes=None):
        self.assertEqual([], [str(problem) for problem in self.problems(changes)])

    def test_clean_repository_passes(self):
        self.assert_clean()


class ArrowsTest(RuleTest):
    def test_private_header_of_a_module_above(self):
        self.assert_caught("arrows", "src/base/error.cpp", {
            "src/ipld/varint.hpp": "// Numbers.\n",
            "src/base/error.cpp": "#include \"base/try.hpp\"\n\n#include \"ipld/varint.hpp\"\n"}, line=3)

    def test_public_header_of_a_module_above(self):
        self.assert_caught("arrows", "src/base/error.cpp", {
            "src/base/error.cpp": "#include \"base/try.hpp\"\n#include <cim/store.hpp>\n"}, line=2)

    def test_public_header_that_looks_up(self):
        self.assert_caught("arrows", "include/cim/error.hpp", {"include/cim/error.hpp": "#include <cim/ipld.hpp>\n"})

    def test_sibling_modules(self):
        self.assert_caught("arrows", "src/graph/model.cpp", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "src/graph/ the model\n",
            "src/graph/CMakeLists.txt": "cim_module(graph DEPENDS event)\n",
            "src/graph/model.cpp": "#include <cim/store.hpp>\n"})

    def test_what_is_reached_through_others_is_allowed(self):
        self.assert_clean({"src/store/sqlite/store.cpp": "#include \"base/try.hpp\"\n"})

    def test_arrow_that_the_build_declares_and_the_architecture_does_not(self):
        self.assert_caught("arrows", "src/ipld/CMakeLists.txt", {
            "src/ipld/CMakeLists.txt": "cim_module(ipld\n    DEPENDS base store\n    HEADERS ipld.hpp)\n"})

    def test_arrow_that_the_architecture_allows_and_the_build_does_not_declare(self):
        self.assert_caught("arrows", "src/ipld/cid.cpp", {
            "src/ipld/CMakeLists.txt": "cim_module(ipld\n    # DEPENDS base\n    HEADERS ipld.hpp)\n",
            "include/cim/ipld.hpp": "#include <string>\n"})

    def test_module_without_a_place_in_the_graph(self):
        self.assert_caught("arrows", "src/utils/CMakeLists.txt", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "src/utils/ this and that\n",
            "src/utils/CMakeLists.txt": "cim_module(utils DEPENDS base)\n"})

    def test_public_header_of_no_module(self):
        self.assert_caught("arrows", "include/cim/new.hpp", {
            "include/cim/new.hpp": "#include <string>\n", "src/base/error.cpp": "#include <cim/new.hpp>\n"})

    def test_public_header_that_needs_a_library(self):
        self.assert_caught("arrows", "include/cim/error.hpp", {"include/cim/error.hpp": "#include <fmt/format.h>\n"})

    def test_public_header_that_needs_a_private_one(self):
        self.assert_caught("arrows", "include/cim/error.hpp", {"include/cim/error.hpp": "#include \"base/try.hpp\"\n"})

    def test_relative_include(self):
        self.assert_caught("arrows", "src/base/error.cpp", {"src/base/error.cpp": "#include \"try.hpp\"\n"})

    def test_umbrella_inside_the_library(self):
        self.assert_caught("arrows", "src/store/store.cpp", {"src/store/store.cpp": "#include <cim/cim.hpp>\n"})

    def test_adapter_that_looks_inside(self):
        map_ = CLEAN["ARCHITECTURE.md"] + "adapters/ for engines\n"
        self.assert_caught("arrows", "adapters/entt/entt.cpp", {
            "ARCHITECTURE.md": map_, "adapters/entt/entt.cpp": "#include \"base/try.hpp\"\n"})
        self.assert_clean({"ARCHITECTURE.md": map_,
                           "adapters/entt/entt.cpp": "#include <cim/cim.hpp>\n#include <entt/entt.hpp>\n"})

    def test_binding_that_sees_more_than_the_c_interface(self):
        self.assert_caught("arrows", "bindings/bevy/shim.cpp", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "bindings/ other languages\n",
            "bindings/bevy/shim.cpp": "#include <cim/error.hpp>\n"})

    def test_commented_out_include_is_none(self):
        self.assert_clean({"src/base/error.cpp":
                           "#include \"base/try.hpp\"\n// #include <cim/store.hpp>\n/*\n#include <cim/ipld.hpp>\n*/\n"})


class DeadTest(RuleTest):
    def test_header_that_nothing_includes(self):
        self.assert_caught("dead", "src/base/old.hpp", {"src/base/old.hpp": "// Forgotten.\n"})

    def test_public_header_that_nothing_includes(self):
        self.assert_caught("dead", "include/cim/store.hpp", {
            "include/cim/cim.hpp": "#include <cim/ipld.hpp>\n", "src/store/store.cpp": "\n",
            "src/store/sqlite/store.cpp": "\n"})

    def test_source_that_nothing_builds(self):
        self.assert_caught("dead", "src/base/detail/x.cpp", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "src/base/detail/ odds\n", "src/base/detail/x.cpp": "\n"})

    def test_header_that_is_declared_and_not_there(self):
        self.assert_caught("dead", "src/base/CMakeLists.txt", {
            "src/base/CMakeLists.txt": "cim_module(base HEADERS error.hpp gone.hpp)\n"})

    def test_test_that_never_runs(self):
        self.assert_caught("dead", "tests/ipld/cid_test.cpp", {"tests/ipld/cid_test.cpp": "\n"})

    def test_benchmarks_and_fuzzers_by_names_that_nothing_builds(self):
        map_ = {"ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"] + "bench/ speed, fuzz/ trouble\n"}
        self.assert_caught("dead", "bench/decode.cpp", {**map_, "bench/decode.cpp": "\n"})
        self.assert_caught("dead", "fuzz/decode.cpp", {**map_, "fuzz/decode.cpp": "\n"})
        self.assert_clean({**map_, "bench/decode_bench.cpp": "\n", "fuzz/decode_fuzz.cpp": "\n",
                           "fuzz/smoke_main.cpp": "\n"})


class LongTest(RuleTest):
    def test_limits(self):
        self.assert_clean({"src/base/error.cpp": "\n" * 500})
        self.assert_caught("long", "src/base/error.cpp", {"src/base/error.cpp": "\n" * 501}, warning=True)
        self.assert_caught("long", "src/base/error.cpp", {"src/base/error.cpp": "\n" * 1001})

    def test_tests_may_be_longer(self):
        self.assert_clean({"tests/base/error_test.cpp": "\n" * 1500})
        self.assert_caught("long", "tests/base/error_test.cpp", {"tests/base/error_test.cpp": "\n" * 1501})


class BannedTest(RuleTest):
    def caught(self, code):
        self.assert_caught("banned", "src/base/error.cpp",
                           {"src/base/error.cpp": "#include \"base/try.hpp\"\n" + code + "\n"}, line=2)

    def passes(self, code):
        self.assert_clean({"src/base/error.cpp": "#include \"base/try.hpp\"\n" + code + "\n"})

    def test_printing(self):
        for code in ("printf(\"x\");", "std::fprintf(stderr, \"x\");", "std::cout << 1;", "std::cerr << 1;",
                     "fmt::print(\"x\");", "std::println(\"x\");", "puts(\"x\");", "perror(\"x\");"):
            with self.subTest(code):
                self.caught(code)

    def test_ending_the_program(self):
        for code in ("exit(1);", "std::exit(1);", "::_exit(1);", "abort();", "std::terminate();"):
            with self.subTest(code):
                self.caught(code)

    def test_chance_shells_and_unbounded_copies(self):
        for code in ("int x = rand();", "std::srand(1);", "system(\"ls\");", "strcpy(a, b);", "sprintf(a, b);",
                     "int n = std::atoi(text);"):
            with self.subTest(code):
                self.caught(code)

    def test_similar_names_pass(self):
        for code in ("std::snprintf(a, 1, b);", "file.exit();", "transaction->abort();", "Game::exit();",
                     "int system_error(int);", "operand(1);", "// printf(x) is not used here",
                     "auto text = \"std::cout << x; exit(1)\";", "auto text = R\"(abort())\";",
                     "auto number = 1'000; // abort()", "char quote = '\"'; // \"\nint x;"):
            with self.subTest(code):
                self.passes(code)

    def test_clock_is_read_in_base_only(self):
        code = "auto now = std::chrono::system_clock::now();\n"
        self.assert_clean({"src/base/error.cpp": code})
        self.assert_caught("banned", "src/ipld/cid.cpp", {"src/ipld/cid.cpp": code})

    def test_tests_and_tools_may_print(self):
        self.assert_clean({"tests/base/error_test.cpp": "std::cout << 1; exit(1);\n"})


class FoldersTest(RuleTest):
    def test_no_map(self):
        self.assert_caught("folders", "ARCHITECTURE.md", {"ARCHITECTURE.md": None})

    def test_top_folder(self):
        self.assert_caught("folders", "ARCHITECTURE.md", {"contrib/readme.md": "Things.\n"})

    def test_folder_in_src(self):
        self.assert_caught("folders", "ARCHITECTURE.md", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"].replace("sqlite/", "a")})

    def test_folder_in_src_named_on_another_line_than_its_parent(self):
        self.assert_caught("folders", "ARCHITECTURE.md", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"].replace(" sqlite/", "\nsqlite/")})

    def test_longer_name_does_not_explain_a_shorter_one(self):
        self.assert_caught("folders", "ARCHITECTURE.md", {
            "ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"].replace("src/ipld/", "src/my-ipld/")})


class MarkersTest(RuleTest):
    def test_each(self):
        for marker in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"):
            with self.subTest(marker):
                self.assert_caught("markers", "src/base/try.hpp",
                                   {"src/base/try.hpp": f"// Why.\n// {marker}: later\n"}, line=2)

    def test_words_around_them_pass(self):
        self.assert_clean({"src/base/try.hpp": "// mktemp /tmp/a.XXXXXX, a hackathon, TODOIST\n"})


class TextTest(RuleTest):
    def test_each(self):
        for text in ("int a;\r\n", "int a; \n", "\tint a;\n", "int a;"):
            with self.subTest(text):
                self.assert_caught("text", "src/base/try.hpp", {"src/base/try.hpp": text}, line=1)

    def test_bytes_from_elsewhere_pass(self):
        self.assert_clean({"tests/base/golden/a.json": "{} \r\n\t", "tests/base/golden/b.bin": b"\0\t \n\xff"})

    def test_tabs_where_the_format_wants_them(self):
        self.assert_clean({"tests/peer/main.go": "\tx\n", "tests/peer/go.mod": "\tx\n"})


class CommandTest(RuleTest):
    def test_exit_status(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "-q", folder], check=True)
            command = [sys.executable, check.__file__, folder]
            Path(folder, "ARCHITECTURE.md").write_text("The map.\n")
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual((0, "1 files: 0 broken rules, 0 warnings\n"), (done.returncode, done.stdout))
            Path(folder, "a.py").write_text("x = 1 \n")
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(1, done.returncode)
            self.assertIn("a.py:1: [text] ", done.stdout)


if __name__ == "__main__":
    unittest.main()
