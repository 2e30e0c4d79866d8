"""Aim: the demo goes the whole way and tells all that it promises; bench measures; both clean up after themselves."""

import unittest
import xml.etree.ElementTree

from command import FAILED, USAGE, CommandTest


class Demo(CommandTest):
    def test_goes_the_whole_way(self):
        repository = self.repository(commits=30)
        ran = self.cim("demo", repository, "--json").json
        for key in ("events", "transactions", "aggregates", "nodes", "edges", "import_events_per_second", "verify_events_per_second",
                    "replay_events_per_second"):
            self.assertGreater(ran[key], 0, key)
        self.assertEqual((ran["transactions"], ran["aggregates"], ran["aggregate"]), (30, 1, "project"))
        self.assertTrue(ran["head"].startswith("bafy") and ran["state_cid"].startswith("bafy"))
        xml.etree.ElementTree.parse(ran["svg"])
        self.assertEqual(self.cim("heads", "--json", "--store", ran["store"]).json[0]["cid"], ran["head"])
        self.assertEqual(self.cim("replay", "--json", "--store", ran["store"]).json["state_cid"], ran["state_cid"])

    def test_tells_it_to_people(self):
        text = self.cim("demo", self.repository(), "-o", "picture.svg").out
        for word in ("events", "transactions", "aggregates", "nodes", "edges", "head CID", "state CID", "import", "verify", "replay",
                     "events/s", "picture.svg", "cim log"):
            self.assertIn(word, text)
        self.assertTrue((self.folder / "picture.svg").exists())
        self.assertFalse((self.folder / "test.db").exists(), "CIM_STORE is not for demos")

    def test_in_a_store_of_ones_own(self):
        self.cim("demo", self.repository(), "--store", "sqlite:mine.db")
        self.assertSays(self.cim("demo", self.folder / "project", "--store", "sqlite:mine.db", status=USAGE), "fresh store")

    def test_without_graphviz_all_but_the_picture(self):
        tools = self.folder / "tools"
        tools.mkdir()
        import shutil
        (tools / "git").symlink_to(shutil.which("git"))
        ran = self.cim("demo", self.repository(), status=FAILED, PATH=str(tools))
        self.assertIn("state CID", ran.out)
        self.assertSays(ran, "install")

    def test_of_nothing(self):
        self.assertSays(self.cim("demo", self.repository(commits=0), status=FAILED), "no history")
        self.assertSays(self.cim("demo", "missing", status=FAILED), "missing")
        self.assertEqual(list(self.folder.glob("cim-demo-*")), [])


class Bench(CommandTest):
    def test_measures(self):
        ran = self.cim("bench", "--events", "2000", "--json").json
        self.assertEqual(list(ran), ["append", "append_single", "read", "verify", "replay"])
        for figures in ran.values():
            self.assertGreater(figures["events_per_second"], 0)
        self.assertEqual(ran["replay"]["events"], 2300)
        self.assertIn("events/s", self.cim("bench", "--events", "1000").out)
        self.assertEqual(list(self.folder.glob("cim-bench-*")), [])


if __name__ == "__main__":
    unittest.main()
