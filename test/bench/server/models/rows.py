"""A call costs about 0.4 ms per row and holds the GIL: nothing is won by taking rows together."""


class Predict:
    def predict(self, inputs):
        return [_work(row) for row in inputs]


def _work(row):
    total = 0.0
    for number in range(4000):
        total += row[number % 4] * number
    return int(total) % 3
