import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isNodeError, ServingError, toServingError } from '../core/errors';
import { makeApiKey } from './access';
import { isCurrent, makeCertificate, type Certificate } from './certificate';

export interface KeptCertificate extends Certificate {
  readonly certificateFile: string;
}

/** The certificate of this computer, made when there is none or it ends soon. */
export async function keptCertificate(directory: string, now: Date): Promise<KeptCertificate> {
  const files = {
    certificate: path.join(directory, 'local-api.crt.pem'),
    key: path.join(directory, 'local-api.key.pem'),
  };
  const [certificate, privateKey] = await Promise.all([readText(files.certificate), readText(files.key)]);
  if (certificate !== undefined && privateKey !== undefined && isCurrent(certificate, now)) {
    return { certificate, privateKey, certificateFile: files.certificate };
  }
  const made = makeCertificate(now);
  await writeSecret(files.key, made.privateKey);
  await writeFile(files.certificate, made.certificate);
  return { ...made, certificateFile: files.certificate };
}

/** The key of a file, as clients read it: its first line; made when the file is not there. */
export async function keptApiKey(file: string): Promise<string> {
  const text = await readText(file);
  if (text === undefined) {
    const key = makeApiKey();
    // hsml sends the file as it is: a line end in it would be part of the key.
    await writeSecret(file, key);
    return key;
  }
  const key = text.split(/\r?\n/, 1)[0]?.trim() ?? '';
  if (!/^[^\s.]+\.\S+$/.test(key)) {
    throw new ServingError('invalid', `Could not read the API key: the first line of ${file} is none (prefix.secret)`);
  }
  return key;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') {
      return undefined;
    }
    throw toServingError(error, 'disk', `Could not read ${file}`);
  }
}

/** For this user only. */
async function writeSecret(file: string, text: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
  } catch (error) {
    throw toServingError(error, 'disk', `Could not write ${file}`);
  }
}
