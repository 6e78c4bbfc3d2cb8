"""Trains a classifier of iris flowers and saves it as iris_knn.pkl, with its accuracy in metrics.json."""
import json

import joblib
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)

iris_knn = KNeighborsClassifier()
iris_knn.fit(X_train, y_train)

accuracy = accuracy_score(y_test, iris_knn.predict(X_test))
joblib.dump(iris_knn, "iris_knn.pkl")
with open("metrics.json", "w") as file:
    json.dump({"accuracy": accuracy}, file, indent=2)
print("accuracy: %.3f" % accuracy)
