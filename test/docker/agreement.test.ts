import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Operations } from '../../src/app/operations';
import { environmentImage, type ImageTools } from '../../src/backends/docker/images/environmentImage';
import type { ImageRequirements } from '../../src/backends/docker/images/imageRequirements';
import { requirementsFile } from '../../src/composeDocker';
import type { BuildPlan, Operation } from '../../src/core/backend';
import { failure } from '../contract/backend.contract';
import { DockerPlace } from '../contract/dockerPlace';
import { imagesPlace, operation, type ImagesPlace } from './imagesPlace';
import { NEVER, testEngine } from './place';
import { describeWithEngine, engineIsUp } from './support/engine';

describeWithEngine('what a first build installs', () => {
  let images: ImagesPlace;
  let tools: ImageTools;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    images = imagesPlace(await testEngine());
    tools = { ...images.tools, agreed: join(images.directory, 'agreed') };
  });
  afterEach(() => images.remove());

  const make = async (
    requirements: ImageRequirements,
    confirmBuild?: (plan: BuildPlan) => Promise<boolean>,
    name = 'iris',
    signal = NEVER,
  ) => {
    const serving = { folder: images.directory, name };
    const asked = { ...operation(signal), ...(confirmBuild && { confirmBuild }) };
    return environmentImage({ requirements, serving }, tools, asked);
  };
  /** Answers, and keeps what was asked. */
  const person = (answer: boolean | Error) => {
    const plans: BuildPlan[] = [];
    const confirm = (plan: BuildPlan): Promise<boolean> => {
      plans.push(plan);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return { plans, confirm };
  };

  it('is asked of whoever watches, once for each serving and set of requirements', async () => {
    const asked = images.requirements('six==1.17.0  # for old code');
    const looks = person(false);
    expect(await failure(make(asked, looks.confirm))).toMatchObject({ code: 'cancelled' });
    expect(looks.plans).toMatchObject([{ lines: ['six==1.17.0'], file: asked.file, base: tools.baseImage() }]);
    expect(images.built).toEqual([]);

    // Seen and not changed: it is built.
    const second = person(true);
    const made = await make(asked, second.confirm);
    expect(made.cached).toBe(false);
    expect(second.plans).toEqual([]);
    // The image is there, for another serving as well.
    expect((await make(asked, second.confirm, 'other')).cached).toBe(true);
    expect(second.plans).toEqual([]);

    // Taken away: the one was asked, the other was not.
    await tools.engine.removeImage(made.tag);
    const leaves = person(new Error('left'));
    await failure(make(asked, leaves.confirm, 'other'));
    await failure(make(asked, leaves.confirm, 'other'));
    expect(leaves.plans).toHaveLength(2);
    await make(asked, leaves.confirm);
    expect(leaves.plans).toHaveLength(2);

    const changed = person(true);
    await make(images.requirements('six==1.16.0'), changed.confirm);
    expect(changed.plans).toMatchObject([{ lines: ['six==1.16.0'] }]);
  }, 180_000);

  it('is not asked where nobody watches, nor where nothing is installed', async () => {
    const nothing = person(new Error('asked'));
    await make(images.requirements('# nothing'), nothing.confirm);
    expect((await make(images.requirements('six==1.17.0'))).cached).toBe(false);
    expect(nothing.plans).toEqual([]);
  }, 120_000);

  it('is not asked in a second window while the first one builds', async () => {
    const asked = images.requirements('six==1.17.0');
    const first = make(asked);
    const deadline = performance.now() + 60_000;
    while (images.built.length === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const second = person(new Error('asked'));
    const [one, other] = await Promise.all([first, make(asked, second.confirm, 'other')]);
    expect(second.plans).toEqual([]);
    expect(other.id).toBe(one.id);
    expect(images.built).toHaveLength(1);
  }, 120_000);

  it('does not wait for an answer once it is cancelled', async () => {
    const abort = new AbortController();
    const open = (): Promise<boolean> => {
      abort.abort();
      return new Promise(() => undefined);
    };
    const error = await failure(make(images.requirements('six==1.17.0'), open, 'iris', abort.signal));
    expect(error.code).toBe('cancelled');
    expect(images.built).toEqual([]);
  }, 60_000);
});

describeWithEngine('a start that somebody watches', () => {
  let place: DockerPlace;
  beforeAll(engineIsUp);
  beforeEach(() => {
    place = new DockerPlace();
    // A folder of packages is a part of what makes an environment: that of this place nobody else has.
    vi.stubEnv('PIP_FIND_LINKS', place.root);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await place.dispose();
  });

  it('asks before anything is built, and leaves all as it was when they do not want it', async () => {
    await place.add('echo');
    await place.write(
      'Models/dates/1/dates.py',
      'import dateutil\n\nclass Predict:\n    def predict(self, inputs):\n        return inputs\n',
    );
    const backend = place.open();
    const plans: BuildPlan[] = [];
    const confirmBuild = (plan: BuildPlan): Promise<boolean> => {
      plans.push(plan);
      return Promise.resolve(false);
    };
    const operations = new Operations();
    const watched = (work: (each: Operation) => Promise<void>): Promise<void> =>
      operations.run(ref, 'start', { ...operation(), confirmBuild }, work);
    const dates = place.define('iris', 'dates', { backend: 'docker' });
    const ref = await backend.create(dates, operation());

    const error = await failure(watched((each) => backend.start(ref, each)));
    expect(error.code).toBe('cancelled');
    expect(plans).toMatchObject([{ pinnedBy: expect.stringContaining('python') as string }]);
    expect(plans[0]?.lines.join()).toMatch(/^python-dateutil/);
    expect(plans[0]?.file).toBeUndefined();
    expect((await backend.servings(NEVER))[0]?.state).toBe('stopped');
    expect(await place.objects()).toEqual([]);

    // What runs goes on when another environment is not wanted.
    await place.write('Models/echo/1/requirements.txt', 'six==1.17.0\n');
    vi.unstubAllEnvs();
    await backend.update(ref, place.define('iris', 'echo', { backend: 'docker' }), operation());
    await backend.start(ref, operation());
    vi.stubEnv('PIP_FIND_LINKS', place.root);
    const environment = { variables: { CHANGED: '1' }, secrets: [] };
    const changed = place.define('iris', 'echo', { backend: 'docker', environment });
    await failure(watched((each) => backend.update(ref, changed, each)));
    expect(plans).toHaveLength(2);
    expect(plans[1]).toMatchObject({
      lines: ['six==1.17.0'],
      file: join(place.folder, 'Models/echo/1/requirements.txt'),
    });
    expect((await backend.servings(NEVER))[0]?.state).toBe('running');
    expect(await place.containers('iris')).toHaveLength(2);
  }, 180_000);
});

it('what would be installed becomes a file beside the script, and none is overwritten', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ms-agreed-'));
  try {
    const plan = { base: 'b', lines: ['six'], text: 'six\n' };
    const file = await requirementsFile(folder, 'predict.py', plan);
    expect(file).toBe(join(folder, 'requirements.txt'));
    expect(readFileSync(file, 'utf8')).toBe('six\n');
    writeFileSync(file, 'mine\n');
    await requirementsFile(folder, 'predict.py', plan);
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    const named = join(folder, 'other.txt');
    expect(await requirementsFile(folder, 'predict.py', { ...plan, file: named })).toBe(named);
    expect(existsSync(named)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
