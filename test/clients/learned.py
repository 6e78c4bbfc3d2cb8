"""What the flows of all clients begin with."""

import os


def make_model(folder):
    """A model that really learns something; returns rows, what it says of them, and how often it is right."""
    from sklearn.datasets import load_iris
    from sklearn.neighbors import KNeighborsClassifier
    import joblib

    data = load_iris()
    model = KNeighborsClassifier().fit(data.data, data.target)
    joblib.dump(model, os.path.join(folder, "model.pkl"))
    rows = data.data[::10].tolist()
    return rows, model.predict(rows).tolist(), model.score(data.data, data.target)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)
