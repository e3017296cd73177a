"""What is written about a run: summary.py, table.py, chart.py, results.py."""
import json
import os
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

from support import OURS, THEIRS, measured, run
from comparison import load, results
from comparison.chart import chart
from comparison.summary import Spread, rows, spread
from comparison.table import cell, report

SVG = "{http://www.w3.org/2000/svg}"


def two_rounds():
    return [
        measured("single", OURS, 1, rate=1000.0, cpu_us=50.0, peak_mb=25.0, lost=0, duplicated=0),
        measured("single", THEIRS, 1, rate=500.0, cpu_us=75.0, peak_mb=50.0, lost=0, duplicated=0),
        measured("single", OURS, 2, rate=2000.0, cpu_us=40.0, peak_mb=25.0, lost=0, duplicated=0),
        measured("single", THEIRS, 2, rate=1800.0, cpu_us=80.0, peak_mb=50.0, lost=12, duplicated=3),
    ]


class Summary(unittest.TestCase):
    def test_median_and_range(self):
        self.assertEqual(spread([5, 1, 3]), Spread(3, 1, 5))
        self.assertEqual(spread([4, 2]), Spread(3, 2, 4))
        self.assertIsNone(spread([]))

    def test_ratios_are_those_of_the_same_round(self):
        ours, theirs = rows(two_rounds(), "single", [OURS, THEIRS], OURS)
        self.assertEqual(theirs.values["rate"], Spread(1150, 500, 1800))
        self.assertAlmostEqual(theirs.ratios["rate"], (0.5 + 0.9) / 2)
        self.assertAlmostEqual(theirs.ratios["cpu_us"], (1.5 + 2.0) / 2)
        self.assertEqual(ours.ratios["rate"], 1)

    def test_a_ratio_to_nothing_is_none(self):
        _, theirs = rows(two_rounds(), "single", [OURS, THEIRS], OURS)
        self.assertNotIn("lost", theirs.ratios)
        (alone,) = rows(two_rounds()[1:2], "single", [OURS, THEIRS], OURS)
        self.assertEqual(alone.ratios, {})

    def test_a_round_that_failed_counts_for_nothing_but_is_told(self):
        some = two_rounds() + [measured("single", THEIRS, 3, failure="it has ended")]
        _, theirs = rows(some, "single", [OURS, THEIRS], OURS)
        self.assertEqual(theirs.values["rate"].median, 1150)
        self.assertEqual(theirs.failures, ("it has ended",))


class Table(unittest.TestCase):
    def test_cells(self):
        self.assertEqual(cell(Spread(26300.4, 24100, 27900), 0), "26,300 (24,100–27,900)")
        self.assertEqual(cell(Spread(0, 0, 0), 0), "0")
        self.assertEqual(cell(Spread(12.34, 12.34, 12.34), 1), "12.3")
        self.assertEqual(cell(None, 1), "–")

    def test_a_row_says_promise_figures_ratios_and_account(self):
        text = report(run(two_rounds()))
        self.assertIn(f"| {THEIRS} | written | 1,150 (500–1,800) | 0.70 | 77.5 (75.0–80.0) | 1.75 | 50 | 2.00 | 6 (0–12) | 2 (0–3) |", text)
        self.assertIn("- Not here: third: it is not on the PATH.", text)
        self.assertNotIn("LOADED", text)

    def test_all_rows_of_a_work_have_as_many_cells_as_its_head(self):
        some = two_rounds() + [measured("batch", OURS, 1, failure="ended\nlast line"), measured("kill", OURS, 1, lost=3, lost_acknowledged=0, duplicated=1)]
        for block in re.findall(r"(?:^\|.*\n)+", report(run(some)), re.M):
            self.assertEqual(len({line.count("|") for line in block.splitlines()}), 1, block)

    def test_what_a_row_can_not_say_stands_below_it(self):
        text = report(run([
            measured("kill", OURS, 1, lost=3, lost_acknowledged=0, duplicated=1),
            measured("kill", THEIRS, 1, failure="it has ended with status 1:\nmore"),
            measured("single", THEIRS, 1, rate=10.0, late=7),
        ]))
        self.assertIn(f"Of the records that {OURS} had acknowledged it lost 0", text)
        self.assertIn(f"{THEIRS} failed in 1 of 1 rounds: it has ended with status 1:", text)
        self.assertIn(f"{THEIRS} was not done when the time was over: 7 records were still to come.", text)

    def test_a_work_that_nobody_did_is_not_there(self):
        text = report(run(two_rounds()))
        self.assertIn("## One POST a record, full speed", text)
        self.assertNotIn("## Batches", text)

    def test_a_loaded_machine_is_told_first(self):
        text = report(run(two_rounds(), load="others used it"))
        self.assertIn("LOADED MACHINE: others used it", text.split("##")[0])


class Chart(unittest.TestCase):
    def test_it_is_well_formed_and_bars_are_as_long_as_their_figures(self):
        root = ElementTree.fromstring(chart(run(two_rounds())))
        panel = next(group for group in root.iter(f"{SVG}g") if "records/s" in group.find(f"{SVG}text").text)
        ours, theirs = (float(bar.get("width")) for bar in panel.iter(f"{SVG}rect"))
        self.assertAlmostEqual(ours / theirs, 1500 / 1150, places=2)
        self.assertEqual([bar.get("class") for bar in panel.iter(f"{SVG}rect")], ["synced", "written"])
        self.assertIn(THEIRS, [text.text for text in panel.iter(f"{SVG}text")])

    def test_nothing_stands_outside(self):
        root = ElementTree.fromstring(chart(run(two_rounds())))
        height = float(root.get("height"))
        for group in root.iter(f"{SVG}g"):
            top = float(re.search(r" ([\d.]+)\)", group.get("transform")).group(1))
            for bar in group.iter(f"{SVG}rect"):
                self.assertLessEqual(float(bar.get("x")) + float(bar.get("width")), 452)
                self.assertLess(top + float(bar.get("y")), height)

    def test_every_class_has_a_colour_in_light_and_in_dark(self):
        root = ElementTree.fromstring(chart(run(two_rounds())))
        light, dark = root.find(f"{SVG}style").text.split("@media(prefers-color-scheme:dark)")
        for element in root.iter():
            for name in (element.get("class") or "").split():
                if name not in ("title", "head", "figure", "own"):
                    self.assertIn(f".{name}{{", light)
                    self.assertIn(f".{name}{{", dark)

    def test_a_bar_far_longer_than_all_others_is_cut_and_marked(self):
        some = [measured("single", OURS, 1, cpu_us=20.0), measured("single", THEIRS, 1, cpu_us=800.0)]
        root = ElementTree.fromstring(chart(run(some)))
        ours, theirs = (float(bar.get("width")) for bar in root.find(f"{SVG}g").iter(f"{SVG}rect"))
        self.assertAlmostEqual(theirs / ours, 1.25, places=2)
        self.assertEqual(len(list(root.iter(f"{SVG}path"))), 1)
        self.assertIn("800.0", [text.text for text in root.iter(f"{SVG}text")])

    def test_what_was_acknowledged_stands_below_what_was_lost(self):
        text = chart(run([measured("kill", OURS, 1, lost=54, lost_acknowledged=0, duplicated=0)]))
        self.assertIn(f"of what {OURS} had acknowledged: 0", text)

    def test_figures_that_are_all_zero_are_drawn(self):
        text = chart(run([measured("kill", OURS, 1, lost=0, duplicated=0)], load="others used it"))
        ElementTree.fromstring(text)
        self.assertIn("LOADED MACHINE", text)


class Load(unittest.TestCase):
    STAT = "cpu  100 20 30 4000 500 6 7 50 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"

    def test_busy_is_what_programs_take_and_the_host(self):
        self.assertEqual(load.busy_seconds(self.STAT) * os.sysconf("SC_CLK_TCK"), 200)

    def test_own_time_is_not_that_of_others(self):
        cores = os.sysconf("SC_NPROCESSORS_ONLN")
        with mock.patch.object(load.ForeignLoad, "_now", side_effect=[(0, 0, 0), (10, 9.5 * cores, 9 * cores), (0, 0, 0), (10, 9 * cores, 4 * cores)]):
            self.assertEqual(load.ForeignLoad().warning(), "")
            self.assertEqual(load.ForeignLoad().warning(), "others took 50% of it meanwhile")


class Files(unittest.TestCase):
    def test_three_files_and_the_measurements_in_json(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = results.write(run(two_rounds()), Path(folder) / "new")
            self.assertEqual([path.name for path in paths], ["compare.md", "compare.json", "compare.svg"])
            self.assertEqual(sorted(path.name for path in (Path(folder) / "new").iterdir()), ["compare.json", "compare.md", "compare.svg"])
            said = json.loads(paths[1].read_text(encoding="utf-8"))
        self.assertEqual(said["rounds"], 2)
        self.assertEqual(said["measurements"][3]["lost"], 12)
        self.assertEqual(said["contestants"][1], {"name": THEIRS, "peer": "Other & Co", "version": "2.0", "promise": "written", "note": ""})


if __name__ == "__main__":
    unittest.main()
