from hops import serving
from hops import model

# Resources/iris path containing .pkl and .py script to export as a model
model_path = "Resources/iris"
model.export(model_path, "IrisFlowerClassifier", model_version=1, overwrite=True)

if serving.exists("IrisFlowerClassifier"):
    serving.delete("IrisFlowerClassifier")

script_path = "Models/IrisFlowerClassifier/1/iris_flower_classifier.py"
serving.create_or_update("IrisFlowerClassifier", # define a name for the serving instance
    script_path, model_version=1, # set the path and version of the model to be deployed
    topic_name="CREATE", # topic name or CREATE to create a new topic for inference logging, otherwise NONE
    instances=1 # number of replicas
    )

serving.start("IrisFlowerClassifier")
