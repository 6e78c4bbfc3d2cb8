"""BentoML with its adaptive batching; BENCH_BATCH=0: without."""

import os

import bentoml
from predictor import make_predict

BATCH = os.environ.get("BENCH_BATCH", "1") == "1"
# It counts rows, and refuses a request that has more of them.
LIMITS = {"max_batch_size": 32 * int(os.environ["BENCH_ROWS"]), "max_latency_ms": 1000}


@bentoml.service(workers=2, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Iris:
    def __init__(self):
        self.model = make_predict()

    @bentoml.api(**({"batchable": True, **LIMITS} if BATCH else {}))
    def predict(self, instances: list[list[float]]) -> list[float]:
        return self.model.predict(instances)
