"""The nearest neighbours again, which refuse some rows: a batch that holds one of them fails as a whole."""

import os

import joblib


class Predict:
    def __init__(self):
        self.model = joblib.load(os.path.join(os.environ["BENCH_FILES"], "knn.joblib"))

    def predict(self, inputs):
        for row in inputs:
            if row[0] < 0:
                raise ValueError("the first number of a row must not be negative")
        return self.model.predict(inputs).tolist()
