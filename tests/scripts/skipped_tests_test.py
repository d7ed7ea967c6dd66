"""skipped_tests.py on results as CTest writes them: what it says, and when it fails."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "scripts"))
import skipped_tests  # noqa: E402

RUN = '<testcase name="A.Runs" status="run"><system-out>fine</system-out></testcase>'
SKIPPED = """<testcase name="{name}" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>[ RUN      ] {name}
/src/a_test.cpp:18: Skipped
{reason}

[  SKIPPED ] {name} (0 ms)
</system-out></testcase>"""


class SkippedTests(unittest.TestCase):
    def check(self, cases, allowed, whole=None):
        """(status, what was printed); whole: {program: its own results}"""
        with tempfile.TemporaryDirectory() as folder:
            results, reasons = os.path.join(folder, "tests.xml"), os.path.join(folder, "allowed.txt")
            with open(results, "w", encoding="utf-8") as file:
                file.write("<testsuite>" + "".join(cases) + "</testsuite>")
            with open(reasons, "w", encoding="utf-8") as file:
                file.write(allowed)
            for program, own in (whole or {}).items():
                with open(os.path.join(folder, program + ".xml"), "w", encoding="utf-8") as file:
                    file.write("<testsuites><testsuite>" + own + "</testsuite></testsuites>")
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                status = skipped_tests.main(results, folder, reasons)
            return status, said.getvalue()

    def test_nothing_skipped(self):
        self.assertEqual(self.check([RUN], ""), (0, "0 of 1 tests skipped\n"))

    def test_a_reason_that_holds_here(self):
        case = SKIPPED.format(name="Cuda.Trains", reason="no CUDA device")
        status, said = self.check([RUN, case], "# why\nno CUDA => true\n")
        self.assertEqual(status, 0)
        self.assertIn("1 of 2 tests skipped", said)
        self.assertIn("no CUDA device: as it must be here\n    Cuda.Trains", said)

    def test_a_reason_without_an_empty_line_behind_it(self):
        case = SKIPPED.format(name="Cuda.Trains", reason="no CUDA device").replace("\n\n", "\n")
        other = SKIPPED.format(name="Cuda.Acts", reason="no CUDA device").replace("\n\n", "\n")
        status, said = self.check([case, other], "no CUDA => true\n")
        self.assertEqual(status, 0)
        self.assertIn("  no CUDA device: as it must be here\n    Cuda.Trains\n    Cuda.Acts", said)

    def test_a_reason_that_does_not_hold_here(self):
        case = SKIPPED.format(name="Cuda.Trains", reason="no CUDA device")
        status, said = self.check([case], "no CUDA => false\n")
        self.assertEqual(status, 1)
        self.assertIn("this machine can run them", said)

    def test_a_reason_that_nobody_allowed(self):
        case = SKIPPED.format(name="Window.Opens", reason="Xvfb or xdotool is not installed")
        status, said = self.check([RUN, case], "no CUDA => true\n")
        self.assertEqual(status, 1)
        self.assertIn("Xvfb or xdotool is not installed: NOT ALLOWED: no such reason", said)
        self.assertIn("Window.Opens", said)

    def test_cases_of_a_program_that_is_one_test(self):
        program = '<testcase name="agents_test" status="run"/>'
        own = ('<testcase name="Acts" result="completed" classname="Sac"/>'
               '<testcase name="Acts/0" result="skipped" classname="Each/Cuda">'
               '<skipped message="/src/a_test.cpp:18&#x0A;no CUDA device"/></testcase>')
        status, said = self.check([RUN, program], "no CUDA => true\n", {"agents_test": own})
        self.assertEqual(status, 0)
        self.assertIn("1 of 3 tests skipped", said)
        self.assertIn("no CUDA device: as it must be here\n    Each/Cuda.Acts/0", said)
        self.assertEqual(self.check([program], "no CUDA => false\n", {"agents_test": own})[0], 1)

    def test_words_over_several_lines_and_none_at_all(self):
        several = SKIPPED.format(name="A.B", reason="mounting\nis not allowed here")
        self.assertEqual(self.check([several], "mounting is not allowed => true\n")[0], 0)
        silent = '<testcase name="A.C" status="disabled"><skipped/></testcase>'
        status, said = self.check([silent], "mounting is not allowed => true\n")
        self.assertEqual(status, 1)
        self.assertIn("no reason given", said)

    def test_files_that_cannot_be_used(self):
        self.assertEqual(self.check([], "")[0], 2)
        status, said = self.check([RUN], "\nno arrow\n")
        self.assertEqual(status, 2)
        self.assertIn("allowed.txt:2: needs 'REASON => COMMAND'", said)
        self.assertEqual(self.check([RUN], "( => true\n")[0], 2)
        self.assertEqual(skipped_tests.main("/nowhere.xml", "/nowhere", os.devnull), 2)

    def test_the_projects_own_list_can_be_read(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self.assertGreater(len(skipped_tests.read_allowed(here + "/../allowed_skips.txt")), 5)


if __name__ == "__main__":
    unittest.main()
