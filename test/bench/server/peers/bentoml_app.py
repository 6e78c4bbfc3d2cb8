"""BentoML with its adaptive batching; BENCH_BATCH=0: without."""

import os

import bentoml
from predictor import make_predict

BATCH = os.environ.get("BENCH_BATCH", "1") == "1"


@bentoml.service(workers=2, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Iris:
    def __init__(self):
        self.model = make_predict()

    @bentoml.api(**({"batchable": True, "max_batch_size": 1_000_000, "max_latency_ms": 10_000} if BATCH else {}))
    def predict(self, instances: list[list[float]]) -> list[float]:
        return self.model.predict(instances)
