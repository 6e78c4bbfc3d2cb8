"""The call itself, without any server: `bare.py SCRIPT SECONDS ROWS` prints {"p50_ms", "p99_ms", "calls_per_second"}."""

import json
import sys
import time

from peers.predictor import load


def main(script: str, seconds: float, rows: int) -> None:
    predict = load(script)().predict
    row = [[5.1, 3.5, 1.4, 0.2]] * rows
    for _ in range(50):
        predict(row)
    times = []
    end = time.perf_counter() + seconds
    while True:
        began = time.perf_counter()
        if began >= end and len(times) > 5:
            break
        predict(row)
        times.append(time.perf_counter() - began)
    times.sort()
    found = {
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "calls_per_second": len(times) / sum(times),
    }
    print(json.dumps(found))


main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
