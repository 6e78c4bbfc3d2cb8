"""A small PyTorch net: a call releases the GIL."""

import os
import sys

sys.path.append(os.environ["BENCH_HEAVY"])

import torch


class Predict:
    def __init__(self):
        torch.set_num_threads(1)
        torch.manual_seed(0)
        layers = [torch.nn.Linear(4, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers, torch.nn.Linear(256, 3)).eval()

    def predict(self, inputs):
        with torch.inference_mode():
            return self.model(torch.as_tensor(inputs, dtype=torch.float32)).argmax(dim=1).tolist()
