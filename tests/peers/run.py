"""Runs every test beside it. Nothing passes by being skipped or by not being found."""

import os
import pathlib
import signal
import sys
import unittest

import absent

HERE = pathlib.Path(__file__).resolve().parent


def main() -> int:
    # Ended from outside, the servers must still be ended: an exception runs the clean-ups.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for variable in ("WIP_BIN", "WIP_RACE"):
        if not os.access(os.environ.get(variable, ""), os.X_OK):
            print(f"{variable} must name a program; `cargo xtask test --only peers` does", file=sys.stderr)
            return 1
    names = sys.argv[1:]
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for line in absent.words():
        print(line, file=sys.stderr)
    if not result.testsRun or result.skipped or result.expectedFailures:
        print("a test was skipped, or none was found", file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
