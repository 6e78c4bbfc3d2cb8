"""A call waits for 50 ms, as one that asks a data base does."""

import time


class Predict:
    def predict(self, inputs):
        time.sleep(0.05)
        return [len(row) for row in inputs]
