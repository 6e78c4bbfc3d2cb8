"""Whether clients that keep their connections have to be spread over the workers anew."""

from __future__ import annotations

_LOOKS = 4
_LEAST_DIFFERENCE = 2.0


class Balancer:
    """Decides from what each worker has in flight, look after look."""

    def __init__(self) -> None:
        self._sums: dict[int, float] = {}
        self._looks = 0

    def look(self, in_flight: dict[int, int]) -> tuple[int, int] | None:
        """The number of a worker and how many of its clients should go elsewhere; None: all is well."""
        if self._sums.keys() != in_flight.keys():
            self._sums, self._looks = dict.fromkeys(in_flight, 0.0), 0
        for number, count in in_flight.items():
            self._sums[number] += count
        self._looks += 1
        if self._looks < _LOOKS or len(in_flight) < 2:
            return None
        means = {number: total / self._looks for number, total in self._sums.items()}
        self._sums, self._looks = {}, 0
        most = max(means, key=lambda number: means[number])
        least = min(means.values())
        difference = means[most] - least
        if difference < _LEAST_DIFFERENCE or least > means[most] / 2:
            return None
        return most, int(difference / 2)
