import { FOLDER, pathOf, type TemplateInput } from './template';

/** A Keras model, or a folder of TensorFlow's SavedModel. */
export function kerasScript({ model, file, form }: TemplateInput): string {
  const isFolder = form === 'folder';
  const load = isFolder ? `tensorflow.saved_model.load(${pathOf(file)})` : `keras.models.load_model(${pathOf(file)})`;
  const outputs = isFolder
    ? `        answer = self.model.signatures["serving_default"](tensorflow.constant(inputs, dtype=tensorflow.float32))
        return next(iter(answer.values())).numpy()`
    : '        return numpy.asarray(self.model.predict(numpy.asarray(inputs, dtype="float32"), verbose=0))';
  return `"""Predict script of ${model}: answers requests with a ${isFolder ? 'TensorFlow' : 'Keras'} model."""
import os

${isFolder ? 'import tensorflow' : 'import keras\nimport numpy'}


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        self.model = ${load}

    def outputs(self, inputs):
${outputs}

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        return self.outputs(inputs).tolist()  # tolist(): arrays are no JSON

    def classify(self, inputs):
        # The number of each row's class, with the probability of every class. Fits a model that ends with softmax.
        outputs = self.outputs(inputs)
        if outputs.ndim != 2 or outputs.shape[1] < 2:
            raise NotImplementedError("classify: the model gives no probability for each class, use predict")
        return [{"class": row.index(max(row)), "probabilities": row} for row in outputs.tolist()]

    def regress(self, inputs):
        outputs = self.outputs(inputs)
        if outputs.ndim == 2 and outputs.shape[1] > 1:
            raise NotImplementedError("regress: the model gives several numbers for a row, use predict")
        return outputs.reshape(-1).tolist()
`;
}
