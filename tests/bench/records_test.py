"""Records and their numbers: bench/comparison/records.py."""
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401  (where the modules are)
from comparison import records


class Lines(unittest.TestCase):
    def test_each_is_a_record_of_that_size_with_its_number(self):
        text = records.lines(12, 1300)
        self.assertEqual(len(text), 12 * 1300)
        for number, line in enumerate(text.splitlines(keepends=True)):
            self.assertEqual(len(line), 1300)
            self.assertEqual(json.loads(line)["custom_identifier"], f"bench-{number:09d}")

    def test_a_size_below_the_least_is_refused(self):
        with self.assertRaisesRegex(ValueError, "at least"):
            records.lines(1, 100)

    def test_the_least_size_has_an_empty_prompt(self):
        with self.assertRaises(ValueError) as refused:
            records.lines(1, 100)
        least = int(str(refused.exception).split()[-2])
        self.assertEqual(json.loads(records.lines(1, least))["prompt_messages"][0]["content"], "")
        with self.assertRaises(ValueError):
            records.lines(1, least - 1)


class Counting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "records"

    def put(self, *numbers):
        text = records.lines(max(numbers) + 1, 400)
        self.path.write_bytes(b"".join(text[number * 400:(number + 1) * 400] for number in numbers))

    def test_lost_and_duplicated(self):
        self.put(0, 1, 3, 3, 3, 4)
        self.assertEqual(records.count_arrivals(self.path, 6), records.Count(6, 4, 2))
        self.assertEqual(records.count_arrivals(self.path, 6).lost, 2)

    def test_what_was_not_written_whole_is_of_no_account(self):
        self.put(0, 1, 2)
        self.assertEqual(records.count_arrivals(self.path, 2), records.Count(2, 2, 0))

    def test_no_number_is_cut_by_the_end_of_a_read(self):
        self.put(*range(40))
        for size in (1, 7, 64, 399, 401):
            with mock.patch.object(records, "_READ", size):
                self.assertEqual(records.count_arrivals(self.path, 40), records.Count(40, 40, 0))

    def test_many_in_one_body_with_no_line_end(self):
        self.path.write_bytes(b'{"a":"\\"bench-000000000\\"","b":"bench-000000002 bench-000000002"}')
        self.assertEqual(records.count_arrivals(self.path, 3), records.Count(3, 2, 1))

    def test_a_file_that_grows_is_counted_as_it_grows(self):
        text = records.lines(3, 400)
        self.path.write_bytes(b"")
        tail = records.NumberTail(self.path)
        self.addCleanup(tail.close)
        self.assertEqual(tail.count(), 0)
        # In pieces of every length: also in the middle of "bench-".
        with self.path.open("ab", buffering=0) as file:
            for begin in range(0, len(text), 3):
                file.write(text[begin:begin + 3])
                tail.count()
        self.assertEqual(tail.count(), 3)


if __name__ == "__main__":
    unittest.main()
