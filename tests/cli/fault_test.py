"""Aim: damage is found and named at its first event; what was acknowledged survives a kill at any moment; whoever comes
second, finds the disk full or brings a broken file is told so, and the store stays as it was."""

import json
import os
import random
import shutil
import subprocess
import time
import unittest

from command import BAD_DATA, CONFLICT, NO_STORE, OK, CIM, CommandTest


class Tampering(CommandTest):
    """A store of 50 numbered events in which something was changed behind cim's back."""

    def setUp(self):
        super().setUp()
        self.numbers(50)
        self.lines(("other", "T", {}))
        self.cids = [event["cid"] for event in self.cim("log", "--json", "--aggregate", "a").lines]

    def found(self, sequence, error, aggregate="a"):
        """What verify says, which must be this, in both forms and in every command that reads."""
        ran = self.cim("verify", "--json", status=BAD_DATA).json
        self.assertEqual((ran["ok"], ran["aggregate"], ran["sequence"], ran["error"]), (False, aggregate, sequence, error), ran)
        self.assertLessEqual({"events", "aggregates", "seconds", "expected", "actual"}, set(ran))
        text = self.cim("verify", status=BAD_DATA)
        self.assertSays(text, "test.db", f"'{aggregate}'", ran["expected"])
        self.assertRegex(text.err, rf"\b{sequence}\b")
        self.assertEqual(len(text.err.splitlines()), 2, "what, and what to do")
        for line in ("replay", "graph export json", "export jsonl", "log"):
            self.cim(*line.split(), status=BAD_DATA)
        return ran

    def flip(self, sequence, offset):
        with self.database() as database:
            block, = database.execute("SELECT block FROM events WHERE sequence = ?", (sequence,)).fetchone()
            changed = bytearray(block)
            changed[offset] ^= 1
            database.execute("UPDATE events SET block = ? WHERE sequence = ?", (bytes(changed), sequence))
        return block

    def test_one_bit_of_a_payload(self):
        block, = self.database().execute("SELECT block FROM events WHERE sequence = 17").fetchone()
        self.flip(17, block.index(b"\x61n\x11") + 2)  # the 17 in {"n": 17}
        ran = self.found(17, "cid_mismatch")
        self.assertEqual(ran["expected"], self.cids[16])
        self.assertTrue(ran["actual"].startswith("bafy"))
        self.assertEqual(ran["events"], 16)

    def test_any_byte_of_any_block(self):
        seed = int(os.environ.get("CIM_TEST_SEED", random.randrange(1 << 32)))
        random_numbers = random.Random(seed)
        for _ in range(40):
            sequence = random_numbers.randrange(1, 51)
            block, = self.database().execute("SELECT block FROM events WHERE sequence = ?", (sequence,)).fetchone()
            offset = random_numbers.randrange(len(block))
            self.flip(sequence, offset)
            with self.subTest(seed=seed, sequence=sequence, offset=offset):
                ran = self.cim("verify", "--json", status=BAD_DATA).json
                self.assertEqual((ran["ok"], ran["aggregate"], ran["sequence"], ran["events"]), (False, "a", sequence, sequence - 1), ran)
                self.assertEqual(ran["expected"], self.cids[sequence - 1])
            self.flip(sequence, offset)
        self.cim("verify")

    def test_what_is_before_it_can_be_saved(self):
        self.flip(17, 40)
        for command in (("log", "--json"), ("export", "jsonl")):
            ran = self.cim(*command, status=BAD_DATA)
            self.assertEqual([event["payload"]["n"] for event in ran.lines], list(range(1, 17)))

    def test_the_first_of_several(self):
        self.flip(40, 3)
        self.flip(30, 50)
        self.flip(20, 60)
        self.assertEqual(self.cim("verify", "--json", status=BAD_DATA).json["sequence"], 20)

    def test_a_replaced_event(self):
        # With its own CID, so that it is sound by itself; but it does not link to what is before it.
        with self.database() as database:
            database.execute("UPDATE events SET (block, cid) = (SELECT block, cid FROM events WHERE sequence = 9) WHERE sequence = 10")
        ran = self.found(10, "chain_broken")
        self.assertEqual((ran["expected"], ran["actual"]), (self.cids[8], self.cids[7]))

    def test_two_events_swapped(self):
        with self.database() as database:
            rows = {n: database.execute("SELECT cid, block, timestamp FROM events WHERE sequence = ?", (n,)).fetchone() for n in (20, 21)}
            for n, other in ((20, 21), (21, 20)):
                database.execute("UPDATE events SET cid = ?, block = ?, timestamp = ? WHERE sequence = ?", (*rows[other], n))
        self.found(20, "chain_broken")

    def test_a_missing_event(self):
        with self.database() as database:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("DELETE FROM events WHERE sequence = 25")
        ran = self.cim("verify", "--json", status=BAD_DATA).json
        self.assertFalse(ran["ok"])
        self.assertIn(ran["error"], ("store_corrupt", "chain_broken", "incomplete_transaction"))
        self.assertSays(self.cim("verify", status=BAD_DATA), "test.db", "25")
        self.cim("db", "check", status=BAD_DATA)

    def test_a_lost_tail_that_the_store_remembers(self):
        with self.database() as database:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("DELETE FROM events WHERE sequence = 50")
            database.execute("DELETE FROM transactions WHERE first_event = 50")
        ran = self.cim("verify", "--json", status=BAD_DATA).json
        self.assertFalse(ran["ok"])
        self.assertEqual(ran["sequence"] or 50, 50)

    def test_a_forked_chain(self):
        # The same history up to event 40, and then another: what the archive brings must not be mixed in.
        lines = self.cim("export", "jsonl", "--aggregate", "a").out.splitlines(keepends=True)
        fork = f"sqlite:{self.folder}/fork.db"
        self.cim("import", "jsonl", "--store", fork, stdin="".join(lines[:40]) + lines[45])
        archive = self.cim("car", "export", "--store", fork).bytes
        before = self.cim("heads", "--json").json
        ran = self.cim("car", "import", stdin=archive, status=CONFLICT)
        self.assertSays(ran, "another history of 'a'", self.cids[49])
        self.assertEqual(self.cim("heads", "--json").json, before)
        self.cim("verify")

    def test_is_found_by_an_import_that_would_build_on_it(self):
        repository = self.repository(commits=30)
        self.cim("import", "git", repository)
        with self.database() as database:
            sequence, block = database.execute("SELECT sequence, block FROM events ORDER BY sequence DESC LIMIT 1 OFFSET 20").fetchone()
            database.execute("UPDATE events SET block = ? WHERE sequence = ?", (block.replace(b"Ann", b"Bob"), sequence))
        self.repository(commits=3, start=30)
        self.cim("import", "git", repository, status=BAD_DATA)


class Kills(CommandTest):
    def test_at_fifty_moments_leave_whole_transactions(self):
        repository = self.repository(commits=3000)
        undisturbed = self.cim("import", "git", repository, "--store", "undisturbed.db", "--json").json
        start = time.monotonic()
        self.cim("import", "git", repository, "--store", "timed.db")
        duration = time.monotonic() - start
        seed = int(os.environ.get("CIM_TEST_SEED", random.randrange(1 << 32)))
        random_numbers = random.Random(seed)
        acknowledged = 0
        kills = 0
        for attempt in range(50):
            process = self.start("import", "git", repository, "--store", self.store)
            time.sleep(random_numbers.uniform(0, duration * 1.2))
            process.kill()
            kills += process.wait() != OK
            process.communicate()
            with self.subTest(seed=seed, attempt=attempt):
                acknowledged = self.check_whole(acknowledged)
            if acknowledged == undisturbed["events"]:  # all is there: begin again
                shutil.rmtree(self.folder / "done", ignore_errors=True)
                for file in self.folder.glob("test.db*"):
                    file.unlink()
                acknowledged = 0
        self.assertGreater(kills, 10)
        self.cim("import", "git", repository)
        self.assertEqual(self.cim("heads", "--json").json[0]["cid"], undisturbed["head"])

    def check_whole(self, before):
        """The store verifies, holds at least what it held, and ends with the end of a transaction."""
        if not (self.folder / "test.db").exists():
            return 0
        ran = self.cim("verify", "--json", status=None)
        if ran.status == NO_STORE and before == 0:
            return 0  # killed while the store was being made
        self.assertEqual(ran.status, OK, str(ran))
        events = ran.json["events"]
        self.assertGreaterEqual(events, before)
        if events > 0:
            last, = self.cim("log", "-n", "1", "--json").lines
            self.assertEqual(last["transaction_index"] + 1, last["transaction_size"])
            self.assertEqual(self.cim("db", "check", "--json").json["problems"], [])
        return events


class SecondWriter(CommandTest):
    def test_waits_and_then_says_who_is_in_the_way(self):
        self.numbers(1)
        database = self.database()
        database.isolation_level = None
        database.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        ran = self.cim("append", "a", "T", status=NO_STORE)
        self.assertGreater(time.monotonic() - start, 2)
        self.assertSays(ran, "test.db")
        self.assertEqual(self.cim("verify", "--json").json["events"], 1, "readers are not in the way")
        database.execute("ROLLBACK")
        self.cim("append", "a", "T")

    def test_writers_side_by_side_lose_nothing(self):
        self.numbers(1)
        writers = [subprocess.Popen([CIM, "import", "jsonl", "-", "--store", self.store], env=self.environment, cwd=self.folder,
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
        line = b'{"aggregate_id":"a","event_type":"T","payload":{}}\n'
        for writer in writers:
            writer.stdin.write(line * 300)
            writer.stdin.close()
        for writer in writers:
            self.assertEqual(writer.wait(60), OK, writer.stderr.read())
            writer.stderr.close()
        self.assertEqual(self.cim("verify", "--json").json["events"], 1201)

    def test_two_imports_of_one_repository(self):
        repository = self.repository(commits=2000)
        head = self.cim("import", "git", repository, "--store", "whole.db", "--json").json["head"]
        imports = [self.start("import", "git", repository, "--store", self.store) for _ in range(2)]
        statuses = []
        for process in imports:
            _, err = process.communicate(timeout=60)
            statuses.append(process.returncode)
            if process.returncode not in (OK, CONFLICT):
                self.fail(err)
        self.assertIn(OK, statuses)
        self.cim("verify")
        self.cim("import", "git", repository)
        self.assertEqual(self.cim("heads", "--json").json[0]["cid"], head)


class Archives(CommandTest):
    def setUp(self):
        super().setUp()
        self.numbers(20)
        self.archive = self.cim("car", "export").bytes
        self.store = f"sqlite:{self.folder}/into.db"

    def refused(self, archive, *says, status=BAD_DATA):
        ran = self.cim("car", "import", "-", stdin=archive, status=status)
        self.assertSays(ran, "standard input", *says)
        if (self.folder / "into.db").exists():
            self.assertEqual(self.cim("heads", "--json").json, [])

    def test_cut_short_anywhere(self):
        for size in [0, 1, 30, 58, 59, 60, 100, len(self.archive) // 2, len(self.archive) - 1]:
            with self.subTest(size=size):
                self.refused(self.archive[:size])

    def test_cut_short_between_blocks(self):
        # Then it is a whole archive of the end of a chain, whose beginning nobody has.
        length = self.archive[0]
        ends, at = [], 1 + length
        while at < len(self.archive):
            size, shift = 0, 0
            while True:
                byte = self.archive[at]
                at += 1
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            at += size
            ends.append(at)
        self.assertEqual(len(ends), 20)
        self.refused(self.archive[:ends[9]], "middle of the chain")
        self.refused(self.archive[:1 + length], "root")

    def test_a_flipped_bit(self):
        for at in (70, 200, len(self.archive) - 5):
            changed = bytearray(self.archive)
            changed[at] ^= 4
            self.refused(bytes(changed))

    def test_something_else(self):
        self.refused(b"")
        self.refused(b"not an archive at all")
        self.refused(bytes.fromhex("0aa16776657273696f6e02"), "CARv2")
        block = bytes.fromhex("a0")
        car = self.cim("block", "cid", stdin=block).out.strip()
        self.assertTrue(car)

    def test_two_chains_in_one(self):
        self.store = f"sqlite:{self.folder}/two.db"
        self.lines(*(("a", "Counted", {"n": -n}) for n in range(3)))
        other = self.cim("car", "export").bytes
        self.store = f"sqlite:{self.folder}/into.db"
        self.refused(self.archive + other[1 + other[0]:], "not in the chain")


class FullDisk(CommandTest):
    def test_is_told_and_leaves_whole_transactions(self):
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("mounting a small tmpfs needs root")
        try:
            store = f"sqlite:{small}/full.db"
            text = "".join(json.dumps({"aggregate_id": "a", "event_type": "T", "payload": {"text": "x" * 500, "n": n}}) + "\n"
                           for n in range(20_000))
            ran = self.cim("import", "jsonl", "-", "--store", store, stdin=text, status=NO_STORE)
            self.assertSays(ran, "full.db")
            self.assertRegex(ran.err, "space|full")
            self.cim("verify", "--store", store)
        finally:
            subprocess.run(["umount", str(small)], check=False)


if __name__ == "__main__":
    unittest.main()
