"""LitServe with two workers and batches of up to 32 requests; BENCH_BATCH=0: without."""

import os

import litserve
from predictor import make_predict, run_together


class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = make_predict()

    def decode_request(self, request):
        return request["instances"]

    def predict(self, rows):
        return self.model.predict(rows)

    def encode_response(self, output):
        return {"predictions": output}


class BatchApi(Api):
    def batch(self, inputs):
        return inputs

    def predict(self, requests):
        return run_together(self.model.predict, requests)

    def unbatch(self, output):
        return output


if __name__ == "__main__":
    batch = os.environ.get("BENCH_BATCH", "1") == "1"
    api = BatchApi(max_batch_size=32, batch_timeout=0.005) if batch else Api()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=2, timeout=60)
    port = int(os.environ["BENCH_PORT"])
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")
