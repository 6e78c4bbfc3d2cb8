import { describe, expect, it } from 'vitest';
import { isServable } from '../../../src/app/servableScript';

describe('a script can be served', () => {
  it.each([
    ['with a Predict class', 'import joblib\n\nclass Predict(object):\n    pass\n'],
    ['with a Flask app', 'from flask import Flask\napp = Flask(__name__)\n'],
    ['with a typed FastAPI app', 'import fastapi\n\napp: fastapi.FastAPI = fastapi.FastAPI()\n'],
    [
      'with a function that makes an app',
      'from starlette.applications import Starlette\n\ndef create_app():\n    ...\n',
    ],
  ])('%s', (_, text) => {
    expect(isServable(text)).toBe(true);
  });

  it.each([
    ['with a class of another name', 'class Predictor:\n    pass\n'],
    ['with a class inside of another', 'class A:\n    class Predict:\n        pass\n'],
    ['with an app that serves no HTTP', 'import typer\napp = typer.Typer()\n'],
    ['that only imports a framework', 'from flask import request\nif app == 1: pass\n'],
    ['that compares an app', 'import flask\napp == 1\n'],
  ])('not %s', (_, text) => {
    expect(isServable(text)).toBe(false);
  });
});
