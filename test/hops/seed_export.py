from sklearn.neighbors import KNeighborsClassifier
from sklearn.metrics import accuracy_score
from sklearn.externals import joblib
iris_knn = KNeighborsClassifier()
iris_knn.fit(X, y)
y_pred = iris_knn.predict(X_test)
acc = accuracy_score(y, y_pred)
joblib.dump(iris_knn, "iris_knn.pkl")
model.export("iris_knn.pkl", "irisflowerclassifier", metrics={'accuracy': acc})
