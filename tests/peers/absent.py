"""Tests that cannot run on this machine: counted, and said at the end of every run."""

_absent: list[tuple[int, str]] = []


def not_run(tests: int, why: str) -> None:
    _absent.append((tests, why))


def words() -> list[str]:
    """One line for each reason."""
    return [f"NOT RUN: {tests} tests, because {why}" for tests, why in _absent]
