import { FOLDER, pathOf, type TemplateInput } from './template';

/** A graph for ONNX Runtime. */
export function onnxScript({ model, file }: TemplateInput): string {
  return `"""Predict script of ${model}: answers requests with an ONNX graph."""
import os

import numpy
import onnxruntime

TYPES = {
    "tensor(float)": numpy.float32,
    "tensor(double)": numpy.float64,
    "tensor(float16)": numpy.float16,
    "tensor(int64)": numpy.int64,
    "tensor(int32)": numpy.int32,
    "tensor(bool)": numpy.bool_,
    "tensor(string)": numpy.str_,
}


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        self.model = onnxruntime.InferenceSession(
            ${pathOf(file)}, providers=onnxruntime.get_available_providers()
        )

    def outputs(self, inputs):
        wanted = self.model.get_inputs()
        if len(wanted) == 1:
            feed = {wanted[0].name: numpy.asarray(inputs, dtype=TYPES[wanted[0].type])}
        else:  # a graph with several inputs: each row is a dictionary by the input's name
            feed = {each.name: numpy.asarray([row[each.name] for row in inputs], TYPES[each.type]) for each in wanted}
        return self.model.run(None, feed)

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        return self.outputs(inputs)[0].tolist()  # tolist(): NumPy arrays are no JSON

    def classify(self, inputs):
        # Classifiers of scikit-learn, XGBoost and LightGBM give the class first, then the probabilities.
        outputs = self.outputs(inputs)
        if len(outputs) != 2:
            raise NotImplementedError("classify: the graph does not give a class and probabilities, use predict")
        classes, probabilities = outputs
        answers = []
        for best, row in zip(classes.tolist(), probabilities):
            row = {str(name): float(each) for name, each in row.items()} if isinstance(row, dict) else row.tolist()
            answers.append({"class": best, "probabilities": row})
        return answers

    def regress(self, inputs):
        outputs = self.outputs(inputs)
        if len(outputs) != 1:
            raise NotImplementedError("regress: the graph gives more than one number for a row, use predict or classify")
        return outputs[0].reshape(len(inputs), -1)[:, 0].tolist()
`;
}
