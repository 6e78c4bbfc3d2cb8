"""A forest of 100 trees on iris."""

import os

import joblib


class Predict:
    def __init__(self):
        self.model = joblib.load(os.path.join(os.environ["BENCH_FILES"], "forest.joblib"))

    def predict(self, inputs):
        return self.model.predict(inputs).tolist()
