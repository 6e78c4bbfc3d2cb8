import { FOLDER, notFor, pathOf, type TemplateInput } from './template';

/** Any Python: a pickled object with `predict`, or code that is still to be written. */
export function plainScript(input: TemplateInput): string {
  return input.form === 'pickle' && input.file !== '' ? pickleScript(input) : emptyScript(input);
}

function pickleScript({ model, file }: TemplateInput): string {
  return `"""Predict script of ${model}: answers requests with a pickled Python object."""
import os
import pickle


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served. The file with
        # the object's class must lie beside this script, or its package must be installed.
        ${FOLDER}
        with open(${pathOf(file)}, "rb") as stream:
            self.model = pickle.load(stream)  # joblib.load(stream) for a file of joblib

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        answer = self.model.predict(inputs)
        return answer.tolist() if hasattr(answer, "tolist") else answer  # NumPy arrays are no JSON

${notFor('classify', 'this model answers predict only')}
${notFor('regress', 'this model answers predict only')}`;
}

function emptyScript({ model, file }: TemplateInput): string {
  const path = file === '' ? '' : `        self.path = ${pathOf(file)}  # load your model from here\n`;
  return `"""Predict script of ${model}: answers requests with Python."""
import os


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        self.folder = folder
${path}
    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances". Return one answer for each, as plain lists,
        # numbers, texts and dictionaries.
        raise NotImplementedError("predict: say here how an answer is made from inputs")

${notFor('classify', 'this script answers predict only')}
${notFor('regress', 'this script answers predict only')}`;
}
