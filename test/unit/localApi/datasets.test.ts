import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiPlace, type Answer } from './apiPlace';

let place: ApiPlace;
beforeEach(async () => {
  place = await new ApiPlace().open(5);
});
afterEach(() => place.dispose());

/** One chunk of an upload, as requests sends it. */
function chunk(name: string, whole: Buffer, number: number, size: number): Promise<Answer> {
  const data = whole.subarray((number - 1) * size, number * size);
  const fields = {
    templateId: -1,
    flowChunkSize: size,
    flowTotalSize: whole.length,
    flowIdentifier: `${whole.length}_${name}`,
    flowFilename: name,
    flowRelativePath: name,
    flowTotalChunks: Math.ceil(whole.length / size),
    flowCurrentChunkSize: data.length,
    flowChunkNumber: number,
  };
  const texts = Object.entries(fields).map(
    ([key, value]) => `--b0\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
  );
  const body = Buffer.concat([
    Buffer.from(`${texts.join('')}--b0\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
    data,
    Buffer.from('\r\n--b0--\r\n'),
  ]);
  return place.inProject('POST', '/dataset/upload/%2FProjects%2Fdemo%2FModels%2Firis%2F1%2FFiles', {
    body,
    headers: { 'content-type': 'multipart/form-data; boundary=b0' },
  });
}

async function makeVersion(): Promise<void> {
  for (const path of ['Models%2Firis', 'Models%2Firis%2F1', 'Models%2Firis%2F1%2FFiles']) {
    const made = await place.inProject('POST', `/dataset/%2FProjects%2Fdemo%2F${path}?action=create`);
    expect(made.status).toBe(201);
  }
}

it('puts chunks together that come at once and in any order', async () => {
  await makeVersion();
  const whole = randomBytes(100_001);
  const answers = await Promise.all([5, 3, 1, 2, 4].map((number) => chunk('model.bin', whole, number, 22_000)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(answers.filter(({ text }) => text.includes('Successfuly uploaded file to /Projects/demo/'))).toHaveLength(1);
  // Newer clients' `Files` is the version's folder here.
  expect((await readFile(join(place.folder, 'Models/iris/1/model.bin'))).equals(whole)).toBe(true);
  const again = await chunk('model.bin', whole, 1, 22_000);
  expect(again).toMatchObject({ status: 400, json: { errorCode: 110012 } });
  const loaded = await place.inProject('GET', '/dataset/download/with_auth/Models%2Firis%2F1%2FFiles%2Fmodel.bin');
  expect(loaded.headers['content-length']).toBe('100001');
});

it('takes an empty file', async () => {
  await makeVersion();
  expect((await chunk('empty.txt', Buffer.alloc(0), 1, 1000)).status).toBe(200);
  expect(await readFile(join(place.folder, 'Models/iris/1/empty.txt'), 'utf8')).toBe('');
});

it('forgets what was begun when the client takes it back', async () => {
  await makeVersion();
  await chunk('model.bin', Buffer.from('old-old-'), 1, 4);
  expect((await place.inProject('GET', '/dataset/Models%2Firis%2F1%2Fmodel.bin')).status).toBe(400);
  expect((await place.inProject('DELETE', '/dataset/Models%2Firis%2F1')).status).toBe(204);
  await mkdir(join(place.folder, 'Models/iris/1'), { recursive: true });
  await chunk('model.bin', Buffer.from('new+new+'), 2, 4);
  expect((await place.inProject('GET', '/dataset/Models%2Firis%2F1%2Fmodel.bin')).status).toBe(400);
  await chunk('model.bin', Buffer.from('new+new+'), 1, 4);
  expect(await readFile(join(place.folder, 'Models/iris/1/model.bin'), 'utf8')).toBe('new+new+');
});

it('refuses a form that was cut off, and a file name that leads elsewhere', async () => {
  await makeVersion();
  const cut = await place.inProject('POST', '/dataset/upload/Models%2Firis%2F1', {
    body: '--b0\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
    headers: { 'content-type': 'multipart/form-data; boundary=b0' },
  });
  expect(cut).toMatchObject({ status: 400, json: { errorCode: 110042 } });
  const led = await chunk('../../../evil.py', Buffer.from('x'), 1, 10);
  expect(led).toMatchObject({ status: 400, json: { errorCode: 110042 } });
});

it.each([
  ['/dataset/nosuch.py', 400, 110011],
  ['/dataset/servings', 400, 110011],
  ['/dataset/.vscode', 400, 110011],
  ['/dataset/%2FProjects%2Fother%2FModels', 400, 110011],
  ['/dataset/Models%2Fnosuch', 400, 110018],
  ['/dataset/Models%2F..%2F..%2Fetc', 400, 110018],
  ['/dataset/Models/../../etc', 400, 110018],
  ['/dataset/Resources%2Fout%2Fpasswd', 403, 200002],
])('GET %s: %i %i', async (path, status, errorCode) => {
  await place.write('servings/a.serving.json', '{}');
  await symlink('/etc', join(place.folder, 'Resources/out'));
  expect(await place.inProject('GET', path)).toMatchObject({ status, json: { errorCode } });
});

/** A tar.gz by the tar of the system. */
function packed(folder: string, ...args: readonly string[]): Buffer {
  return execFileSync('tar', ['-czf', '-', '-C', folder, ...args]);
}

it('unpacks what clients of 3.0 and 3.2 send', async () => {
  const long = `${'folder/'.repeat(20)}${'n'.repeat(120)}.txt`;
  await place.write('from/1/model.pkl', 'm'.repeat(70_000));
  await place.write('from/1/empty.txt', '');
  await place.write(`from/1/${long}`, 'deep');
  await mkdir(join(place.folder, 'Models/iris'), { recursive: true });
  for (const format of ['gnu', 'pax']) {
    await writeFile(
      join(place.folder, 'Models/iris/1.tar.gz'),
      packed(join(place.folder, 'from/1'), `--format=${format}`, '.'),
    );
    expect((await place.inProject('POST', '/dataset/Models%2Firis%2F1.tar.gz?action=unzip')).status).toBe(204);
    expect(await readFile(join(place.folder, 'Models/iris/1/model.pkl'), 'utf8')).toBe('m'.repeat(70_000));
    expect(await readFile(join(place.folder, 'Models/iris/1/empty.txt'), 'utf8')).toBe('');
    expect(await readFile(join(place.folder, 'Models/iris/1', long), 'utf8')).toBe('deep');
    await rm(join(place.folder, 'Models/iris/1'), { recursive: true });
  }
});

it('unpacks nothing out of the folder, and no half archive', async () => {
  await place.write('from/1/model.pkl', 'm'.repeat(70_000));
  await mkdir(join(place.folder, 'Models/iris'), { recursive: true });
  const archive = join(place.folder, 'Models/iris/1.tar.gz');
  const unzip = (): Promise<Answer> => place.inProject('POST', '/dataset/Models%2Firis%2F1.tar.gz?action=unzip');
  await writeFile(archive, packed(join(place.folder, 'from'), '-P', '--transform=s,^1,../../evil,', '1'));
  expect(await unzip()).toMatchObject({ status: 422, json: { errorCode: 120001 } });
  await expect(readFile(join(place.folder, 'evil/model.pkl'))).rejects.toThrow('ENOENT');
  const whole = packed(join(place.folder, 'from'), '1');
  await writeFile(archive, whole.subarray(0, whole.length - 40));
  expect(await unzip()).toMatchObject({ status: 500, json: { errorCode: 110043 } });
});

it('packs what clients up to 3.2 and hops download: all files of a version under its number', async () => {
  const big = randomBytes(3_000_000);
  await place.write('Models/iris/1/deep/ä ö.txt', 'umlauts');
  await writeFile(join(place.folder, 'Models/iris/1/big.bin'), big);
  await place.write('Models/iris/1/empty', '');
  await place.write('outside.txt', 'not for others');
  await symlink(join(place.folder, 'outside.txt'), join(place.folder, 'Models/iris/1/link'));
  await place.write('Resources/a/b', '');
  const of = '/dataset/%2FProjects%2Fdemo%2FModels%2Firis%2F1';
  const zipped = await place.inProject(
    'POST',
    `${of}?action=zip&destination_path=%2FResources%2Fa&destination_type=DATASET`,
  );
  expect(zipped.status).toBe(204);
  const file = join(place.folder, 'Resources/a/1.zip');
  const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip()); z.extractall(sys.argv[2])';
  const into = join(place.root, 'into');
  expect(execFileSync('python3', ['-c', script, file, into], { encoding: 'utf8' })).toBe('None\n');
  expect(await readFile(join(into, '1/deep/ä ö.txt'), 'utf8')).toBe('umlauts');
  expect((await readFile(join(into, '1/big.bin'))).equals(big)).toBe(true);
  expect(await readFile(join(into, '1/empty'), 'utf8')).toBe('');
  await expect(readFile(join(into, '1/link'))).rejects.toThrow('ENOENT');

  expect((await place.inProject('POST', `${of}?action=zip`)).status).toBe(204);
  expect((await place.inProject('GET', `${of}.zip`)).status).toBe(200);
  const again = await place.inProject('POST', `${of}?action=zip`);
  expect(again).toMatchObject({ status: 400, json: { errorCode: 110012 } });
  const missing = await place.inProject('POST', '/dataset/Models%2Fnosuch?action=zip');
  expect(missing).toMatchObject({ status: 400, json: { errorCode: 110018 } });
});

it('lists, pages and deletes', async () => {
  for (const name of ['1', '2', '10']) {
    await place.write(`Models/iris/${name}/a.py`, '');
  }
  const listed = await place.inProject(
    'GET',
    '/dataset/Models%2Firis?action=listing&offset=0&limit=2&sort_by=NAME%3Adesc&expand=inodes',
  );
  expect(listed.json).toMatchObject({
    count: 3,
    items: [{ attributes: { path: '/Projects/demo/Models/iris/10' } }, { attributes: { name: '2', dir: true } }],
  });
  expect((await place.inProject('DELETE', '/dataset/Models%2Firis%2F2')).status).toBe(204);
  expect((await place.inProject('GET', '/dataset/Models%2Firis%2F2')).status).toBe(400);
  const made = await place.inProject('POST', '/dataset/Models%2Firis?action=create');
  expect(made).toMatchObject({ status: 400, json: { errorCode: 110047 } });
});
