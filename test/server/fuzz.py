#!/usr/bin/env python3
"""Mutated requests against a real server: `fuzz.py [--requests 100000] [--seed N] [--pure] [--clients 8]`.

What must hold: every reply is HTTP, every connection ends in time, a 5xx says why and is never ours ("internal"), valid
requests in between get their own answers, and the same workers are there at the end. The same seed gives the same requests.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from conftest import Serving, alive
from fuzz_requests import Case, make_case
from wire import Answer, Wire, post

SCRIPT = """
class Predict:
    def predict(self, inputs):
        return inputs
    def classify(self, inputs):
        return [len(row) for row in inputs]
    def regress(self, inputs):
        return (row for row in inputs)
"""
HANG_SECONDS = 10
EVERY = 25  # a valid request comes after so many others
# Kinds of 5xx that are the script's or the request's doing; anything else is a fault of the server.
REASONS = {"script-raised", "reply-not-json", "verb-missing", "stream-failed", "http-version"}


class Fuzzer:
    """Clients that send cases until there are none left, and what they found."""

    def __init__(self, serving: Serving, seed: int, requests: int) -> None:
        self._serving = serving
        self._port = serving.port
        self._seed = seed
        self._left = iter(range(requests))
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.faults: list[str] = []

    def run(self, clients: int) -> None:
        """Until all were sent, or twenty faults were found."""
        threads = [threading.Thread(target=self._client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self) -> None:
        while len(self.faults) < 20:
            with self._lock:
                number = next(self._left, None)
            if number is None:
                return
            try:
                self._one(number)
            except Exception as error:
                self._fault(number, f"{type(error).__name__}: {error}")

    def _one(self, number: int) -> None:
        case = make_case(random.Random(f"{self._seed}-{number}"))
        began = time.monotonic()
        with Wire(self._port, HANG_SECONDS) as wire:
            wire.send(case.data)
            answers = self._answers(wire, case)
            self._judge(number, case, answers)
            if number % EVERY == 0:
                self._valid(number)
        spent = time.monotonic() - began
        if spent > HANG_SECONDS:
            self._fault(number, f"took {spent:.1f} s")

    def _answers(self, wire: Wire, case: Case) -> list[Answer]:
        if case.is_head:
            wire.end()
            return [wire.answer(head_only=True)]
        return wire.all_or_reset(end=True)

    def _judge(self, number: int, case: Case, answers: list[Answer]) -> None:
        for answer in answers:
            self.statuses[str(answer.status)] += 1
            if answer.status >= 500 and not case.is_head:
                value = self._value(number, answer)
                kind = value.get("kind") if isinstance(value, dict) else None
                # The error form of the Open Inference Protocol has no kind.
                said = kind in REASONS if kind else bool(isinstance(value, dict) and value.get("error"))
                if not said or answer.status not in {500, 501, 505}:
                    self._fault(number, f"{answer.status} without a reason: {answer.body[:300]!r}")
            elif answer.status == 200 and case.expect is not None:
                value = self._value(number, answer)
                if value != case.expect:
                    self._fault(number, f"another's answer: {answer.body[:200]!r}")
        if not answers:
            self.statuses["closed"] += 1
        if case.must_answer and not answers:
            self._fault(number, "no answer to a whole request")

    def _value(self, number: int, answer: Answer) -> Any:
        try:
            return answer.json()
        except ValueError:
            self._fault(number, f"not JSON: {answer.body[:200]!r}")
            return None

    def _valid(self, number: int) -> None:
        with Wire(self._port, HANG_SECONDS) as wire:
            wire.send(post(b"/v1/models/iris:predict", b'{"inputs":["mine",%d]}' % number))
            answer = wire.answer()
        if (answer.status, answer.body) != (200, b'{"predictions":["mine",%d]}' % number):
            self._fault(number, f"a valid request got {answer.status} {answer.body[:200]!r}")

    def _fault(self, number: int, text: str) -> None:
        with self._lock:
            self.faults.append(f"request {number} of seed {self._seed}: {text}")


def fuzz(serving: Serving, seed: int, requests: int, clients: int = 8) -> tuple[Counter[str], list[str]]:
    """Statuses that were seen, and what is wrong; `serving` answers and stays."""
    before = [replica["pid"] for replica in serving.state()["replicas"]]
    fuzzer = Fuzzer(serving, seed, requests)
    fuzzer.run(clients)
    faults = fuzzer.faults
    after = serving.state()
    if [replica["pid"] for replica in after["replicas"]] != before or not all(map(alive, before)):
        faults.append(f"a worker died: {after['replicas']}")
    for line in serving.log_text().splitlines():
        if '"Traceback' in line or '"internal' in line:
            faults.append(f"in the log: {line[:500]}")
            break
    return fuzzer.statuses, faults


def launch(folder: Path, pure: bool) -> Serving:
    """A server of the script above, ready."""
    environment = {"MODEL_SERVER_PURE": "1" if pure else "0"}
    limits = {"bodyBytes": 200_000, "headSeconds": 3, "bodyIdleSeconds": 3, "idleSeconds": 5}
    return Serving(folder, SCRIPT, environment, limits=limits, sample=[[1.0, 2.0]]).start().ready()


def main() -> int:
    """The exit code: 1 when something is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--pure", action="store_true")
    given = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        serving = launch(Path(folder) / "serving", given.pure)
        try:
            statuses, faults = fuzz(serving, given.seed, given.requests, given.clients)
        finally:
            serving.end()
    print(f"{given.requests} requests in {time.monotonic() - began:.0f} s: {dict(statuses.most_common())}")
    print("\n".join(faults) or "nothing wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
