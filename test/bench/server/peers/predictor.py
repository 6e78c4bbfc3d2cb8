"""The Predict class that a peer serves: the one of the script that BENCH_SCRIPT names."""

import importlib
import os
import sys


def load(script):
    """The class Predict of a script, which other processes find under the same name."""
    folder, name = os.path.split(script)
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name.removesuffix(".py")).Predict


def make_predict():
    """An object of it."""
    return load(os.environ["BENCH_SCRIPT"])()


def run_together(predict, requests):
    """The rows of several requests in one call, and the answers split again."""
    results = predict([row for request in requests for row in request])
    answers, start = [], 0
    for request in requests:
        answers.append(results[start : start + len(request)])
        start += len(request)
    return answers
