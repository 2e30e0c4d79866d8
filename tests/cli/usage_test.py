"""Aim: the command explains itself, understands no line wrongly, and says what is wrong with the others. Every command is
met with help, and with a line that it cannot take."""

import re
import subprocess
import unittest

from command import BAD_DATA, FAILED, NO_STORE, OK, USAGE, CommandTest

COMMANDS = [
    "import", "import git", "import jsonl", "import cloudevents", "append", "fetch", "window", "log", "aggregates", "heads",
    "verify", "replay", "graph", "graph export", "export", "car", "car export", "car import", "block", "block decode",
    "block encode", "block reencode", "block check", "block cid", "db", "db check", "bench", "demo", "completions",
]


class Help(CommandTest):
    def test_names_every_command(self):
        text = self.cim("--help").out
        for command in COMMANDS:
            if " " not in command:
                self.assertRegex(text, rf"(?m)^  {command} ", command)
        self.assertIn("Exit status", text)
        self.assertIn("Examples:", text)

    def test_of_each_command_has_examples(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = self.cim(*command.split(), "--help").out
                self.assertIn("Examples:\n", text)
                self.assertIn("--store", text)
                for example in text.split("Examples:\n")[1].split("\n\n")[0].splitlines():
                    self.assertIn("cim ", example)

    def test_examples_use_options_that_exist(self):
        for command in COMMANDS:
            text = self.cim(*command.split(), "--help").out
            for example in text.split("Examples:\n")[1].split("\n\n")[0].splitlines():
                for part in re.split(r"\||;|<\(", example.split("   #")[0]):
                    words = part.replace(")", "").split()
                    if not words or words[0] != "cim":
                        continue
                    name = words[1] if " ".join(words[1:3]) not in COMMANDS else " ".join(words[1:3])
                    with self.subTest(example=example):
                        self.assertIn(name, COMMANDS)
                        known = self.cim(*name.split(), "--help").out + self.cim("--help").out
                        for word in words:
                            if re.fullmatch(r"--?[a-z-]+", word):
                                self.assertRegex(known, rf"(?<![\w-]){word}\b")

    def test_version(self):
        self.assertRegex(self.cim("--version").out, r"^cim \d+\.\d+\.\d+$")


class WrongUsage(CommandTest):
    def test_is_told_and_gives_2(self):
        self.graph()
        for line in [
            "improt git", "import", "import gti", "graph", "graph export", "graph export pdf", "verify extra", "verify --hedas x",
            "replay --speed 0", "replay --speed fast", "replay --speed -1", "replay --until someday", "log -n 0", "log --since x",
            "log --subject a..b", "log --aggregate a.b", "append", "append a", "append a.b T", "append a T --expect nonsense",
            "append a T {} --timestamp never", "fetch", "fetch a --after 1 --last 2", "fetch a --max-events 0", "window",
            "window never", "car", "block", "block decode a b", "export pdf", "import cloudevents --aggregate-by id", "db",
            "completions tcsh", "bench --events 3", "--store", "import git --aggregate a.b", "--nonsense",
        ]:
            with self.subTest(line):
                ran = self.cim(*line.split(), status=USAGE)
                self.assertEqual(ran.out, "")
                self.assertRegex(ran.err, r"^cim.*: .+\n     .+\n$")

    def test_the_name_alone_shows_what_there_is(self):
        self.assertSays(self.cim(status=USAGE), "Exit status", "verify")

    def test_near_misses_are_understood(self):
        self.assertSays(self.cim("improt", status=USAGE), "did you mean 'import'?")
        self.assertSays(self.cim("import", "gti", status=USAGE), "did you mean 'git'?")
        self.assertNotIn("did you mean", self.cim("frobnicate", status=USAGE).err)

    def test_as_json(self):
        error = self.cim("verify", "--json", "--nonsense", status=USAGE).error
        self.assertEqual(error["code"], "usage")
        self.assertIn("cim verify --help", error["advice"])


class Stores(CommandTest):
    def test_the_default_lies_in_the_users_data_folder(self):
        home = self.folder / "home"
        self.cim("append", "a", "T", CIM_STORE="")
        self.assertTrue((home / ".local/share/cim/events.db").exists())
        self.cim("append", "a", "T", CIM_STORE="", XDG_DATA_HOME=str(self.folder / "data"))
        self.assertTrue((self.folder / "data/cim/events.db").exists())
        self.assertEqual(self.cim("verify", "--json", CIM_STORE="").json["events"], 1)

    def test_is_named_by_option_or_environment(self):
        self.cim("--store", "one.db", "append", "a", "T")
        self.cim("append", "a", "T", "--store", "sqlite:two.db")
        self.cim("append", "a", "T", CIM_STORE="sqlite:three.db")
        self.assertTrue(all((self.folder / name).exists() for name in ("one.db", "two.db", "three.db")))

    def test_that_is_not_there_gives_5(self):
        for line in ["log", "verify", "heads", "aggregates", "replay", "fetch a", "window 1h", "graph export json", "export jsonl",
                     "car export", "db check"]:
            with self.subTest(line):
                ran = self.cim(*line.split(), status=NO_STORE)
                self.assertSays(ran, "test.db", "cim import")
                self.assertFalse((self.folder / "test.db").exists())
        self.assertSays(self.cim("log", CIM_STORE="", status=NO_STORE), "events.db", "begin with")
        self.assertEqual(self.cim("log", "--json", status=NO_STORE).error["code"], "store_unavailable")

    def test_of_another_kind_or_program(self):
        self.assertSays(self.cim("verify", "--store", "ftp://x/y", status=None), "ftp")
        (self.folder / "text").write_text("no database " * 1000)
        self.assertSays(self.cim("verify", "--store", "text", status=NO_STORE), "text")
        subprocess.run(["python3", "-c", "import sqlite3; c = sqlite3.connect('other.db'); c.execute('create table t(x)'); c.commit()"],
                       cwd=self.folder, check=True)
        self.assertSays(self.cim("verify", "--store", "other.db", status=NO_STORE), "other.db")
        self.assertSays(self.cim("append", "a", "T", "--store", "other.db", status=NO_STORE), "other.db")
        self.assertSays(self.cim("append", "a", "T", "--store", "no/such/folder/x.db", status=NO_STORE), "no/such/folder")


class Completions(CommandTest):
    def complete(self, *words):
        script = self.cim("completions", "bash").out
        line = " ".join(f"'{word}'" for word in words)
        probe = script + f"\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _cim; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        ran = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, check=True)
        self.assertEqual(ran.stderr, "")
        return ran.stdout.split()

    def test_bash_completes_commands_options_and_choices(self):
        self.assertEqual(self.complete("cim", "imp"), ["import"])
        self.assertEqual(self.complete("cim", "import", ""), ["git", "jsonl", "cloudevents"])
        self.assertEqual(sorted(self.complete("cim", "graph", "export", "")), ["dot", "graphml", "json", "svg"])
        self.assertIn("--full", self.complete("cim", "import", "git", "--f"))
        self.assertEqual(self.complete("cim", "verify", "--hea"), ["--heads"])
        self.assertIn("--store", self.complete("cim", "--json", "verify", "--st"))
        self.assertEqual(self.complete("cim", "verify", "--fu"), [])

    def test_each_shell_gets_every_command(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.cim("completions", shell).out
            for command in COMMANDS:
                self.assertIn(command.split()[-1], script, shell)

    def test_the_scripts_are_valid(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            script = self.folder / shell
            script.write_text(self.cim("completions", shell).out)
            try:
                ran = subprocess.run([*check, str(script)], capture_output=True, text=True, check=False)
            except FileNotFoundError:
                continue  # this shell is not installed
            self.assertEqual((ran.returncode, ran.stderr), (0, ""), shell)


class ManPage(CommandTest):
    def test_names_every_command_and_option(self):
        page = self.cim("man").out
        for command in COMMANDS:
            self.assertIn(f"\\fBcim {command}\\fR", page)
            for option in re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", self.cim(*command.split(), "--help").out):
                self.assertIn(option.replace("-", "\\-"), page, command)
        for section in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT"):
            self.assertIn(f".SH {section}\n", page)

    def test_roff_has_no_complaints(self):
        try:
            ran = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=self.cim("man").out, capture_output=True, text=True,
                                 check=False)
        except FileNotFoundError:
            self.skipTest("groff is not installed")
        self.assertEqual(ran.stderr, "")


class Output(CommandTest):
    def test_a_reader_that_goes_away_is_no_failure(self):
        self.numbers(3000)
        with self.start("log", "--store", self.store) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(), OK)

    def test_a_full_disk_is_one(self):
        self.numbers(3000)
        with open("/dev/full", "wb") as full:
            ran = subprocess.run([self.cim_path(), "log", "--store", self.store], stdout=full, stderr=subprocess.PIPE,
                                 env=self.environment, cwd=self.folder, check=False)
        self.assertEqual(ran.returncode, FAILED)
        self.assertIn(b"No space left", ran.stderr)
        self.cim("export", "jsonl", "-o", "/dev/full", status=FAILED)

    def cim_path(self):
        from command import CIM
        return CIM

    def test_a_file_appears_only_when_it_is_complete(self):
        self.numbers(5)
        out = self.folder / "out.jsonl"
        out.write_text("before")
        with self.database() as database:
            database.execute("UPDATE events SET block = x'00' WHERE sequence = 4")
        self.cim("export", "jsonl", "-o", out, status=BAD_DATA)
        self.assertEqual(out.read_text(), "before")
        self.assertEqual([path.name for path in self.folder.glob("out*")], ["out.jsonl"])
        self.assertSays(self.cim("export", "jsonl", "-o", "no/such/folder/x", status=FAILED), "no/such/folder/x")

    def test_quiet_says_nothing(self):
        self.graph()
        for line in ["verify -q", "replay -q", "-q append g NodeRemoved {\"node_id\":\"n1\"}", "graph export json -o x.json -q"]:
            ran = self.cim(*line.split())
            self.assertEqual(ran.out + ran.err, "", line)


if __name__ == "__main__":
    unittest.main()
