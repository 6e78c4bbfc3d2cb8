"""Fit the models of the bench: `fit.py FOLDER [HEAVY]`. HEAVY is a folder with XGBoost, where there is one."""

import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

folder = Path(sys.argv[1])
inputs, classes = load_iris(return_X_y=True)
joblib.dump(KNeighborsClassifier(n_neighbors=5).fit(inputs, classes), folder / "knn.joblib")
joblib.dump(RandomForestClassifier(100, random_state=0).fit(inputs, classes), folder / "forest.joblib")
if len(sys.argv) > 2:
    sys.path.append(sys.argv[2])
    import xgboost

    data = xgboost.DMatrix(inputs, label=classes)
    model = xgboost.train({"objective": "multi:softprob", "num_class": 3, "nthread": 1}, data, 100)
    model.save_model(folder / "xgb.json")
