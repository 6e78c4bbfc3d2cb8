import { FOLDER, pathOf, type TemplateInput } from './template';

/** A booster, from XGBoost's own formats. */
export function xgboostScript({ model, file, form }: TemplateInput): string {
  return `"""Predict script of ${model}: answers requests with an XGBoost model."""
import json
import os

${form === 'booster' ? 'import joblib\n' : ''}import numpy
import xgboost


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
${
  form === 'booster'
    ? `        self.model = joblib.load(${pathOf(file)})`
    : `        self.model = xgboost.Booster()
        self.model.load_model(${pathOf(file)})`
}
        self.objective = json.loads(self.model.save_config())["learner"]["objective"]["name"]

    def scores(self, inputs):
        names = self.model.feature_names
        # Rows may be lists, or dictionaries by feature name. A missing value is null.
        rows = [[row[name] for name in names] if isinstance(row, dict) else row for row in inputs]
        data = xgboost.DMatrix(numpy.asarray(rows, dtype=float), feature_names=names)
        best = self.model.attr("best_iteration")  # set by early stopping: later trees do not count
        return self.model.predict(data, iteration_range=(0, int(best) + 1 if best else 0))

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        scores = self.scores(inputs)
        if self.objective == "multi:softprob":
            return scores.argmax(axis=1).tolist()  # tolist(): NumPy arrays are no JSON
        if self.objective == "binary:logistic":
            return (scores > 0.5).astype(int).tolist()
        return scores.tolist()

    def classify(self, inputs):
        # The number of each row's class, with the probability of every class.
        if self.objective == "multi:softprob":
            probabilities = self.scores(inputs).tolist()
        elif self.objective == "binary:logistic":
            probabilities = [[1 - score, score] for score in self.scores(inputs).tolist()]
        else:
            raise NotImplementedError("classify: a model for %s gives no probabilities, use predict" % self.objective)
        return [{"class": row.index(max(row)), "probabilities": row} for row in probabilities]

    def regress(self, inputs):
        if self.objective.startswith(("binary:", "multi:")):
            raise NotImplementedError("regress: a model for %s finds classes, use predict" % self.objective)
        return self.scores(inputs).tolist()
`;
}
