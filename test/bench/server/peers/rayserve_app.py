"""Ray Serve with two replicas and its batching."""

import os
import time

import ray
from predictor import make_predict, run_together
from ray import serve

QUIET = {"enable_access_log": False, "log_level": "WARNING"}


@serve.deployment(num_replicas=2, max_ongoing_requests=256, ray_actor_options={"num_cpus": 0.5}, logging_config=QUIET)
class Iris:
    def __init__(self):
        self.model = make_predict()

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
    async def together(self, requests):
        return run_together(self.model.predict, requests)

    async def __call__(self, request):
        return {"predictions": await self.together((await request.json())["instances"])}


if __name__ == "__main__":
    ray.init(
        include_dashboard=False,
        num_cpus=2,
        _node_ip_address="127.0.0.1",
        _temp_dir=os.environ["BENCH_TEMP"],
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}},
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["BENCH_PORT"])}, logging_config=QUIET)
    serve.run(Iris.bind(), route_prefix="/predict")
    while True:
        time.sleep(3600)
