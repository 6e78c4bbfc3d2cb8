"""Sums of rows: nearly nothing but reading and writing JSON."""

import numpy


class Predict:
    def predict(self, inputs):
        return numpy.asarray(inputs, dtype=float).sum(axis=1).tolist()
