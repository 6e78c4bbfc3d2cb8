import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pythonClient } from '../../src/app/client/pythonClient';
import { toCalls, type ServingApi } from '../../src/app/client/servingApi';
import { typeScriptClient } from '../../src/app/client/typeScriptClient';
import type { ServingRef } from '../../src/core/serving';
import { NEVER, ProcessPlace } from './processPlace';

const execute = promisify(execFile);
const python = process.env.MODEL_SERVING_TEST_PYTHON ?? 'python3';
const OPERATION = { signal: NEVER, report: () => undefined };
const SCRIPT = `from typing import Optional, TypedDict


class Person(TypedDict):
    name: str
    age: Optional[int]


class Predict:
    def predict(self, inputs: list[Person]) -> list[str]:
        return [f"{each['name']} ä" for each in inputs]

    def classify(self, inputs):
        return {"kind": len(inputs)}
`;

describe('a client file of a serving that runs', () => {
  let place: ProcessPlace;
  let ref: ServingRef;
  let api: ServingApi;

  beforeEach(async () => {
    place = new ProcessPlace();
    await place.write('Models/people/1/people.py', SCRIPT);
    const backend = place.open();
    ref = await backend.create(place.define('people', 'people'), OPERATION);
    await backend.start(ref, OPERATION);
    const [serving] = await backend.servings(NEVER);
    const document = await backend.openApi(ref, NEVER);
    const calls = toCalls(document, serving?.run?.loaded);
    api = { name: 'people', description: 'Model people', url: serving?.run?.endpoint?.url ?? '', calls };
  });
  afterEach(() => place.dispose());

  it('in Python calls it, is right for a checker of types, and raises what was wrong', async () => {
    const file = join(place.root, 'people_client.py');
    await writeFile(file, pythonClient(api));
    const use = join(place.root, 'use.py');
    await writeFile(
      use,
      `from people_client import People, ServingError

people = People()
replies: list[str] = people.predict([{"name": "Ada", "age": 36}, {"name": "Bob", "age": None}])
print(replies, people.classify([1, 2]))
try:
    people.predict([{"name": 3, "age": None}])  # type: ignore[typeddict-item]
except ServingError as error:
    print(error.status, error)
try:
    People("http://127.0.0.1:9/v1/models/people").predict([])
except ServingError as error:
    print(error.status)
`,
    );
    const { stdout } = await execute(python, [use], { cwd: place.root });
    expect(stdout.split('\n')).toEqual([
      "['Ada ä', 'Bob ä'] {'kind': 2}",
      expect.stringMatching(/^400 400: .*name/),
      '0',
      '',
    ]);
    await execute(python, ['-m', 'mypy', '--strict', '--cache-dir', join(place.root, 'mypy'), 'use.py'], {
      cwd: place.root,
    });
  });

  it('in TypeScript calls it, and throws what was wrong', async () => {
    const text = `${typeScriptClient(api)}
      const people = new People();
      const replies: readonly string[] = await people.predict([{ name: 'Ada', age: 36 }]);
      console.log(JSON.stringify([replies, await people.classify([1])]));
      await people.predict([{ name: 3 as never, age: null }]).catch((error: ServingError) => console.log(error.status));
    `;
    const file = join(place.root, 'use.mjs');
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    await writeFile(file, ts.transpileModule(text, { compilerOptions: options }).outputText);
    const { stdout } = await execute(process.execPath, [file]);
    expect(stdout).toBe('[["Ada ä"],{"kind":1}]\n400\n');
  });
});
