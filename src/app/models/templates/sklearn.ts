import { FOLDER, pathOf, type TemplateInput } from './template';

/** A trained object with scikit-learn's methods, from joblib or pickle; XGBoost's and LightGBM's estimators are such too. */
export function sklearnScript({ model, file }: TemplateInput, library = 'scikit-learn'): string {
  return `"""Predict script of ${model}: answers requests with a ${library} model."""
import os

import joblib


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        self.model = joblib.load(${pathOf(file)})

    def rows(self, inputs):
        # A model that was trained on a DataFrame gets one: rows may be lists, or dictionaries by column name.
        columns = getattr(self.model, "feature_names_in_", None)
        if columns is None:
            return inputs
        import pandas
        return pandas.DataFrame(inputs, columns=columns)

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        return self.model.predict(self.rows(inputs)).tolist()  # tolist(): NumPy arrays are no JSON

    def classify(self, inputs):
        # The class of each row, with the probability of every class.
        if not hasattr(self.model, "predict_proba"):
            raise NotImplementedError("classify: %s gives no probabilities, use predict" % type(self.model).__name__)
        classes = self.model.classes_.tolist()
        answers = []
        for row in self.model.predict_proba(self.rows(inputs)).tolist():
            best = max(range(len(row)), key=row.__getitem__)
            answers.append({"class": classes[best], "probabilities": dict(zip(map(str, classes), row))})
        return answers

    def regress(self, inputs):
        if hasattr(self.model, "classes_"):
            raise NotImplementedError("regress: %s finds classes, use predict or classify" % type(self.model).__name__)
        return self.predict(inputs)
`;
}
