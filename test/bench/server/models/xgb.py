"""XGBoost on iris: a call releases the GIL."""

import os
import sys

sys.path.append(os.environ["BENCH_HEAVY"])

import numpy
import xgboost


class Predict:
    def __init__(self):
        self.model = xgboost.Booster(model_file=os.path.join(os.environ["BENCH_FILES"], "xgb.json"))
        self.model.set_param({"nthread": 1})

    def predict(self, inputs):
        return self.model.inplace_predict(numpy.asarray(inputs, dtype=float)).argmax(axis=1).tolist()
