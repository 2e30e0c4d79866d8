"""cim match and cim route: subjects against patterns, and events through a router."""

import json
import subprocess
import unittest

from command import CIM, USAGE, FAILED, CommandTest


class Match(CommandTest):
    def patterns(self, *lines):
        (self.folder / "patterns").write_text("".join(line + "\n" for line in lines))

    def test_prints_what_matches_in_order(self):
        self.patterns("event.>", "event.graph.*.node.>", "a.b", "", "event.>")
        ran = self.cim("match", "--patterns", "patterns", stdin="event.graph.1.node.added\na.b\n\nnothing.here\n")
        self.assertEqual(ran.out, "event.graph.1.node.added\tevent.>\tevent.graph.*.node.>\na.b\ta.b\nnothing.here\n")
        ran = self.cim("match", "--patterns", "patterns", "--matching", stdin="nothing.here\na.b\n")
        self.assertEqual(ran.out, "a.b\ta.b\n")

    def test_json_has_one_object_a_line(self):
        self.patterns('q"uote', "*", ">")
        (self.folder / "subjects").write_text('q"uote\na.b\n')
        ran = self.cim("match", "--patterns", "patterns", "--subjects", "subjects", "--json")
        self.assertEqual(ran.lines, [{"subject": 'q"uote', "patterns": ["*", ">", 'q"uote']},
                                     {"subject": "a.b", "patterns": [">"]}])

    def test_an_invalid_one_is_named_with_its_line(self):
        for bad in ("a..b", ".a", "a.", "a b", "a.>.b", "a*", "x" * 5000):
            self.patterns("fine", bad)
            ran = self.cim("match", "--patterns", "patterns", "--json", stdin="a\n", status=USAGE)
            self.assertEqual((ran.error["code"], ran.error["fields"]["line"]), ("invalid_pattern", "2"))
        self.patterns("a", ">")
        for bad in ("a..b", ".a", "a.", "a.*", ">", "a b"):
            ran = self.cim("match", "--patterns", "patterns", stdin=f"a\n\n{bad}\nb\n", status=USAGE)
            self.assertEqual(ran.out, "a\t>\ta\n", "what came before it is printed")
            self.assertSays(ran, "standard input:3:")

    def test_patterns_and_subjects_cannot_share_standard_input(self):
        self.assertSays(self.cim("match", "--patterns", "-", status=USAGE), "both")
        self.cim("match", "--patterns", "missing", status=FAILED)
        self.cim("match", status=USAGE)

    def test_many_lines_take_little_time(self):
        self.patterns(*(f"a.{i}.*" for i in range(10_000)), "a.>")
        subjects = "".join(f"a.{i % 20_000}.x\n" for i in range(200_000))
        ran = self.cim("match", "--patterns", "patterns", stdin=subjects)
        self.assertEqual(ran.out.count("\n"), 200_000)
        self.assertIn("a.7.x\ta.7.*\ta.>\n", ran.out)

    def test_a_reader_that_goes_away_is_no_failure(self):
        self.patterns(">")
        (self.folder / "subjects").write_text("a.b\n" * 200_000)
        with subprocess.Popen([CIM, "match", "--patterns", "patterns", "--subjects", "subjects"], cwd=self.folder,
                              env=self.environment, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(60), 0)


def event(kind, aggregate="1", **payload):
    return json.dumps({"aggregate_id": aggregate, "event_type": kind, "payload": payload, "timestamp": 0}) + "\n"


class Route(CommandTest):
    def test_each_consumer_gets_what_it_subscribed_to(self):
        events = event("NodeAdded") + event("EdgeConnected", "2") + event("SubgraphCreated", subgraph_id="s") + event("Other")
        ran = self.cim("route", "--consumer", "nodes=event.graph.*.node.>", "--consumer", "one=event.graph.1.>,event.store.>",
                       "--json", stdin=events)
        got = [(line["consumer"], line["global_sequence"], line["subject"], line["pattern"]) for line in ran.lines]
        self.assertEqual(got, [
            ("nodes", 1, "event.graph.1.node.added", "event.graph.*.node.>"),
            ("one", 1, "event.graph.1.node.added", "event.graph.1.>"),
            ("one", 3, "event.graph.1.subgraph.s.created", "event.graph.1.>"),
            ("one", 4, "event.store.1.Other", "event.store.>")])
        self.assertEqual(ran.lines[2]["payload"], {"subgraph_id": "s"})
        self.assertTrue(ran.lines[2]["cid"].startswith("bafy"))
        text = self.cim("route", "--consumer", "n=event.graph.*.node.>", stdin=events)
        self.assertEqual(text.out, "n\t1\tevent.graph.1.node.added\t1 1\tNodeAdded\n")

    def test_the_table_can_be_extended(self):
        ran = self.cim("route", "--consumer", "c=shop.>", "--subject", "Placed=shop.{id}.{shelf}", "--subject", "*=shop.other",
                       "--json", stdin=event("Placed", "o1", shelf="book") + event("Paid", "o1"))
        self.assertEqual([line["subject"] for line in ran.lines], ["shop.o1.book", "shop.other"])

    def test_full_channels_are_counted(self):
        events = event("Counted") * 5
        for policy, numbers, reason in (("drop_newest", [1, 2], "channel_full"), ("drop_oldest", [4, 5], "displaced"),
                                        ("dead_letter", [1, 2], "dead_lettered")):
            ran = self.cim("route", "--consumer", "c=>", "--capacity", 2, "--policy", policy, "--poll-every", 10, "--stats",
                           "--json", stdin=events)
            *deliveries, last = ran.lines
            self.assertEqual([line["global_sequence"] for line in deliveries], numbers)
            self.assertEqual(last["stats"]["dropped"][reason], 3)
            self.assertEqual(last["stats"]["patterns"][0]["high_water"], 2)
        ran = self.cim("route", "--consumer", "c=>", "--capacity", 2, "--policy", "fail", "--poll-every", 10, "--json",
                       stdin=events, status=FAILED)
        self.assertEqual([line["global_sequence"] for line in ran.lines], [1, 2])
        self.assertEqual((ran.error["code"], ran.error["fields"]["line"]), ("limit_exceeded", "3"))

    def dead(self, count=5, **environment):
        self.cim("route", "--consumer", "slow=>", "--capacity", 2, "--policy", "dead_letter", "--poll-every", 10,
                 "--keep-dead-letters", stdin="".join(event("Counted", "g", n=n) for n in range(count)), **environment)

    def test_dead_letters_are_kept_and_looked_after(self):
        self.dead()
        letters = self.cim("dlq", "list", "--json").lines
        self.assertEqual([(one["subject"], one["reason"], one["consumer"], one["event"]["payload"]["n"]) for one in letters],
                         [("event.store.g.Counted", "channel_full", "slow", n) for n in (2, 3, 4)])
        key = letters[0]["key"]
        self.assertIn("channel_full", self.cim("dlq", "show", key).out)
        self.assertEqual(len(self.cim("dlq", "list").out.splitlines()), 3)
        self.assertEqual(self.cim("dlq", "list", "--subject", "no.>", "--json").lines, [])
        replayed = self.cim("dlq", "replay", key)
        again = self.cim("route", "--consumer", "all=>", "--json", stdin=replayed.out)
        self.assertEqual([line["payload"] for line in again.lines], [{"n": 2}])
        self.assertEqual(len(self.cim("dlq", "list").out.splitlines()), 2)
        self.assertEqual(self.cim("dlq", "purge", "--aggregate", "other", "--json").json, {"purged": 0})
        self.assertSays(self.cim("dlq", "purge", status=USAGE), "--all")
        self.assertEqual(self.cim("dlq", "purge", "--all", "--json").json, {"purged": 2})
        self.cim("dlq", "show", key, status=FAILED)
        self.cim("dlq", "list", "--subject", "a..b", status=USAGE)

    def test_wrong_usage(self):
        for arguments in (("--consumer", "c"), ("--consumer", "=>"), ("--consumer", "c=a..b"), (),
                          ("--consumer", "c=>", "--subject", "T=a.*"), ("--consumer", "c=>", "--capacity", "0"),
                          ("--consumer", "c=>", "--policy", "hope")):
            self.cim("route", *arguments, status=USAGE)
        ran = self.cim("route", "--consumer", "c=>", stdin=event("A") + "no json\n", status=None)
        self.assertNotEqual(ran.status, 0)
        self.assertSays(ran, "standard input:2:")


if __name__ == "__main__":
    unittest.main()
