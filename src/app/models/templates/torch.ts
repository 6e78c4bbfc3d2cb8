import { FOLDER, pathOf, type TemplateInput } from './template';

/** A network of PyTorch: TorchScript, pickled as a whole, or its parameters only. */
export function torchScript(input: TemplateInput): string {
  return `"""Predict script of ${input.model}: answers requests with a PyTorch network."""
import os

import torch
${input.form === 'weights' ? '# from my_network import MyNetwork  (a file beside this script that holds the class)\n' : ''}

class Predict(object):

    def __init__(self):
        # Made once, before the first request. MODEL_FILES_PATH is the folder of the model that is served.
        ${FOLDER}
        path = ${pathOf(input.file)}
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
${loader(input)}
        self.model.to(self.device)
${input.form === 'native' ? '' : '        self.model.eval()\n'}
    def outputs(self, inputs):
        rows = torch.tensor(inputs, dtype=torch.float32, device=self.device)  # long for a network that takes indices
        with torch.no_grad():
            return self.model(rows)

    def predict(self, inputs):
        # inputs: the list from the request's "inputs" or "instances", one row of features for each answer.
        return self.outputs(inputs).tolist()  # tolist(): tensors are no JSON

    def classify(self, inputs):
        # The number of each row's class, with the probability of every class. Fits a network that ends with scores
        # (logits); leave out softmax when it ends with probabilities.
        outputs = self.outputs(inputs)
        if outputs.dim() != 2 or outputs.shape[1] < 2:
            raise NotImplementedError("classify: the network gives no score for each class, use predict")
        probabilities = torch.softmax(outputs, dim=1).tolist()
        return [{"class": row.index(max(row)), "probabilities": row} for row in probabilities]

    def regress(self, inputs):
        outputs = self.outputs(inputs)
        if outputs.dim() == 2 and outputs.shape[1] > 1:
            raise NotImplementedError("regress: the network gives several numbers for a row, use predict")
        return outputs.flatten().tolist()
`;
}

function loader({ file, form }: TemplateInput): string {
  if (form === 'script') {
    return '        self.model = torch.jit.load(path, map_location=self.device)';
  }
  if (form === 'native') {
    return '        self.model = torch.export.load(path).module()  # a program of torch.export';
  }
  if (form === 'pickle') {
    return `        # The whole network was saved: the file with its class must lie beside this script, under the same name.
        self.model = torch.load(path, map_location=self.device, weights_only=False)`;
  }
  const parameters = /\.safetensors$/i.test(file)
    ? 'safetensors.torch.load_file(path)'
    : 'torch.load(path, map_location=self.device, weights_only=True)';
  const imports = parameters.startsWith('safetensors') ? '        import safetensors.torch\n' : '';
  return `        # The file holds parameters only: make your network here, as it was made for training.
        self.model = None  # MyNetwork()
        if self.model is None:
            raise NotImplementedError("__init__: make the network that these parameters belong to")
${imports}        self.model.load_state_dict(${parameters})`;
}
