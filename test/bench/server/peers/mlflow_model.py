"""The model that `mlflow models serve` loads; run as a program it saves itself into the folder that is named."""

import os
import sys

import mlflow

# MLflow loads this file from its own copy: what is beside it is found by the path of the bench.
sys.path.append(os.environ["BENCH_PEERS"])

from predictor import make_predict


class Wrapped(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = make_predict()

    def predict(self, context, model_input, params=None):
        import numpy

        return self.model.predict(numpy.asarray(model_input).tolist())


if __name__ == "__main__":
    mlflow.pyfunc.save_model(sys.argv[1], python_model=__file__, pip_requirements=[])
else:
    mlflow.models.set_model(Wrapped())
