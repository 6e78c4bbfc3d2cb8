"""The KServe SDK with two workers, on the loopback address only."""

import logging
import os

import uvicorn
from predictor import make_predict

from kserve import Model, ModelServer

configure = uvicorn.Config.__init__


def on_loopback(self, *args, **more):
    # KServe listens on every address and has no setting for it.
    configure(self, *args, **{**more, "host": "127.0.0.1"})


uvicorn.Config.__init__ = on_loopback


class Iris(Model):
    quiet = False

    def __init__(self, name):
        super().__init__(name)
        self.load()

    def load(self):
        self.model = make_predict()
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        if not self.quiet:  # each request is logged by default, in three lines
            for name in ("uvicorn.access", "kserve.trace", "kserve"):
                logging.getLogger(name).setLevel(logging.WARNING)
            self.quiet = True
        return {"predictions": self.model.predict(payload["instances"])}


if __name__ == "__main__":
    port = int(os.environ["BENCH_PORT"])
    ModelServer(http_port=port, enable_grpc=False, enable_latency_logging=False, workers=2).start([Iris("iris")])
