"""A runtime of MLServer; its settings and the size of batches come with the environment."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
from predictor import make_predict


class Runtime(MLModel):
    async def load(self):
        self.model = make_predict()
        return True

    async def predict(self, payload):
        import numpy

        results = self.model.predict(NumpyCodec.decode_input(payload.inputs[0]).tolist())
        outputs = [NumpyCodec.encode_output("predictions", numpy.asarray(results))]
        return InferenceResponse(model_name=self.name, outputs=outputs)
