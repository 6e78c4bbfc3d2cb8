import { FOLDER, pathOf, type TemplateInput } from './template';

/** A booster, from LightGBM's text format. */
export function lightgbmScript({ model, file, form }: TemplateInput): string {
  return `"""Predict script of ${model}: answers requests with a LightGBM model."""
import os

${form === 'booster' ? 'import joblib' : 'import lightgbm'}
import numpy


class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        self.model = ${form === 'booster' ? `joblib.load(${pathOf(file)})` : `lightgbm.Booster(model_file=${pathOf(file)})`}
        # "multiclass num_class:3", "binary sigmoid:1", "regression"
        self.objective = self.model.dump_model(num_iteration=1).get("objective", "").split(" ")[0]

    def scores(self, inputs):
        names = self.model.feature_name()
        # Rows may be lists, or dictionaries by feature name. A missing value is null.
        rows = [[row[name] for name in names] if isinstance(row, dict) else row for row in inputs]
        return self.model.predict(numpy.asarray(rows, dtype=float))

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        scores = self.scores(inputs)
        if self.objective in ("multiclass", "multiclassova"):
            return scores.argmax(axis=1).tolist()  # tolist(): NumPy arrays are no JSON
        if self.objective == "binary":
            return (scores > 0.5).astype(int).tolist()
        return scores.tolist()

    def classify(self, inputs):
        # The number of each row's class, with the probability of every class.
        if self.objective in ("multiclass", "multiclassova"):
            probabilities = self.scores(inputs).tolist()
        elif self.objective == "binary":
            probabilities = [[1 - score, score] for score in self.scores(inputs).tolist()]
        else:
            raise NotImplementedError("classify: a model for %s gives no probabilities, use predict" % self.objective)
        return [{"class": row.index(max(row)), "probabilities": row} for row in probabilities]

    def regress(self, inputs):
        if self.objective in ("binary", "multiclass", "multiclassova"):
            raise NotImplementedError("regress: a model for %s finds classes, use predict" % self.objective)
        return self.scores(inputs).tolist()
`;
}
