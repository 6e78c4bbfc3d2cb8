"""sklearn.externals: joblib and its old pickles, and six with and without the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from conftest import ROOT, Serving

pytestmark = pytest.mark.sklearn
SIX = Path(__file__).parent / "scripts" / "usessix.py"


@pytest.fixture(autouse=True)
def needs_sklearn() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed here")


@pytest.mark.parametrize("with_six", [False, True])
def test_six(tmp_path: Path, with_six: bool) -> None:
    """The same script with our part of six and with the real one."""
    hide = "" if with_six else "import sys; sys.modules['six'] = None; "
    if (
        with_six
        and subprocess.run([sys.executable, "-c", "import six"], check=False, capture_output=True).returncode
    ):
        pytest.skip("six is not installed here")
    code = (
        f"{hide}import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from model_server.script.sklearn_externals import install; install(); "
        f"exec(open({str(SIX)!r}).read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["done"], done.stderr


def test_old_pickles_load(serve: Callable[..., Serving], tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    numpy = pytest.importorskip("numpy")
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(n_neighbors=1).fit(numpy.array([[0.0], [1.0]]), numpy.array([7, 8]))
    place = tmp_path / "model.pkl"
    joblib.dump(model, place, protocol=2)
    # As scikit-learn before 0.23 wrote it: its own copy of joblib by name.
    today, ours = place.read_bytes(), b"cjoblib.numpy_pickle\n"
    assert ours in today
    old = today.replace(ours, b"csklearn.externals.joblib.numpy_pickle\n")
    serving = serve(
        """
        from sklearn.externals import joblib

        class Predict:
            def __init__(self):
                self.model = joblib.load("model.pkl")

            def predict(self, inputs):
                return self.model.predict(inputs).tolist()
        """,
        files={"model.pkl": old},
    )
    assert serving.predict([[0.1], [0.9]]) == [7, 8]


def test_what_is_not_there_says_so(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        from sklearn.externals import six

        class Predict:
            def predict(self, inputs):
                try:
                    from sklearn.externals import absent
                except ImportError as error:
                    return [six.text_type(error), isinstance("a", six.string_types)]
        """
    )
    message, is_text = serving.predict([])
    assert "absent" in message
    assert is_text is True
