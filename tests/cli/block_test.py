"""Aim: single blocks are decoded, encoded, checked and named, from files and in lines of hex, and a bad one says which
rule it breaks at which byte."""

import unittest

from command import BAD_DATA, FAILED, CommandTest

GOOD = [
    ("a0", "{}"), ("80", "[]"), ("f6", "null"), ("a1616101", '{"a":1}'), ("fb3ff8000000000000", "1.5"),
    ("43010203", '{"/":{"bytes":"AQID"}}'), ("3903e7", "-1000"),
]
BAD = [
    ("", "truncated at byte 0"), ("a16161", "truncated at byte"), ("1800", "non_minimal_head at byte 0"), ("a0a0", "trailing_bytes at byte 1"),
    ("9fff", "indefinite_length at byte 0"), ("f7", "unsupported_simple at byte 0"), ("a2616202616101", "unsorted_keys at byte"),
    ("a2616101616102", "duplicate_key at byte"), ("6180", "invalid_utf8 at byte"), ("a10101", "non_string_key at byte 1"),
    ("xyz", "invalid_hex at byte 0"), ("a", "invalid_hex at byte 1"),
]


class Hex(CommandTest):
    def test_decode_and_encode_are_inverse(self):
        blocks = "".join(block + "\n" for block, _ in GOOD)
        texts = "".join(text + "\n" for _, text in GOOD)
        self.assertEqual(self.cim("block", "decode", "--hex", stdin=blocks).out, texts)
        self.assertEqual(self.cim("block", "encode", "--hex", stdin=texts).out, blocks)
        self.assertEqual(self.cim("block", "reencode", "--hex", stdin=blocks.upper()).out, blocks)
        self.assertEqual(self.cim("block", "check", "--hex", stdin=blocks).out, "ok\n" * len(GOOD))

    def test_bad_items_do_not_stop_the_others(self):
        items = "".join(f"{block}\na0\n" for block, _ in BAD)
        for command, fine in (("check", "ok"), ("decode", "{}"), ("reencode", "a0"),
                              ("cid", "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua")):
            lines = self.cim("block", command, "--hex", stdin=items, status=BAD_DATA).out.splitlines()
            self.assertEqual(len(lines), 2 * len(BAD))
            for (block, rule), line in zip(BAD, lines[::2]):
                self.assertTrue(line.startswith(f"error: {rule}"), f"{command} {block}: {line}")
            self.assertEqual(set(lines[1::2]), {fine})

    def test_encode_tells_of_bad_json(self):
        lines = self.cim("block", "encode", "--hex", stdin='{"a":1,"a":2}\n{}\nnope\n', status=BAD_DATA).out.splitlines()
        self.assertRegex(lines[0], r"^error: \w+ at byte \d+$")
        self.assertEqual(lines[1], "a0")
        self.assertRegex(lines[2], r"^error: \w+ at byte \d+$")

    def test_as_json(self):
        ran = self.cim("block", "check", "--hex", "--json", stdin="a0\n1800\n", status=BAD_DATA)
        self.assertEqual(ran.lines, [{"ok": True}, {"ok": False, "error": "non_minimal_head at byte 0", "rule": "non_minimal_head",
                                                    "offset": 0}])
        self.assertEqual(self.cim("block", "decode", "--hex", "--json", stdin="a1616101\n").lines, [{"ok": True, "value": {"a": 1}}])
        self.assertEqual(self.cim("block", "encode", "--hex", "--json", stdin="{}\n").lines, [{"ok": True, "block": "a0"}])

    def test_nothing_is_nothing(self):
        self.assertEqual(self.cim("block", "check", "--hex").out, "")


class Files(CommandTest):
    def test_binary_from_a_file_or_standard_input(self):
        block = bytes.fromhex("a1616101")
        path = self.folder / "block"
        path.write_bytes(block)
        self.assertEqual(self.cim("block", "decode", path).out, '{"a":1}\n')
        self.assertEqual(self.cim("block", "decode", stdin=block).out, '{"a":1}\n')
        self.assertEqual(self.cim("block", "reencode", path).bytes, block)
        self.assertEqual(self.cim("block", "encode", stdin=' { "a" : 1 }\n').bytes, block)
        self.assertEqual(self.cim("block", "check", path).out, "ok\n")
        self.assertEqual(self.cim("block", "cid", path).out, self.cim("block", "cid", "--hex", stdin="a1616101\n").out)

    def test_a_bad_one(self):
        for command in ("decode", "reencode", "cid"):
            self.assertSays(self.cim("block", command, stdin=b"\x18\x00", status=BAD_DATA), "standard input", "byte 0")
        self.assertEqual(self.cim("block", "check", stdin=b"\x18\x00", status=BAD_DATA).out, "error: non_minimal_head at byte 0\n")
        self.assertEqual(self.cim("block", "check", stdin=b"", status=BAD_DATA).out, "error: truncated at byte 0\n")
        self.assertEqual(self.cim("block", "decode", "--json", stdin=b"\x18\x00", status=BAD_DATA).json["rule"], "non_minimal_head")

    def test_a_file_that_cannot_be_read(self):
        self.assertSays(self.cim("block", "decode", "missing", status=FAILED), "missing", "No such file")
        self.assertSays(self.cim("block", "decode", self.folder, status=FAILED), "directory")
        self.cim("block", "decode", "--hex", "missing", status=FAILED)


if __name__ == "__main__":
    unittest.main()
