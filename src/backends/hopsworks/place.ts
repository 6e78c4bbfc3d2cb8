import type { Connection } from '../../core/connection';
import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import type { RemoteArtifact, RemoteModel, RemoteOffer, RemotePlace, TopicOffer } from '../../core/remotePlace';
import type { HopsworksClient } from './client';
import { isTheir } from './failures';
import { scriptPlaces } from './bring';
import { Datasets } from './datasets';
import { FILES } from './downloadFiles';
import { versionPath } from './registryView';
import { isFrom, remoteDefaults } from './request';
import { checkForHopsworks } from './rules';
import { checkModelFiles, checkTopic } from './fileRules';
import { OWNER, type Session } from './session';
import { ERROR, itemsOf, numberAt, textAt } from './wire';

export interface PlaceParts {
  readonly connection: Connection;
  readonly client: HopsworksClient;
  readonly session: Session;
}

const PAGE = 500;
/** A list to choose from is no longer. */
const MOST_MODELS = 5000;

/** What may be chosen in a project for a serving, as its server says. */
export class HopsworksPlace implements RemotePlace {
  constructor(private readonly parts: PlaceParts) {}

  offer(signal: AbortSignal): Promise<RemoteOffer> {
    const { connection, session } = this.parts;
    return this.guard(t('Could not ask what the server offers'), async () => {
      const { facts, limits } = await session.joined(signal);
      const role = await session.role(connection.project, signal);
      return {
        hasKserve: facts.hasKserve,
        servers: ['PYTHON', 'TENSORFLOW_SERVING', ...(isFrom(facts, 4, 2) ? (['VLLM'] as const) : [])],
        hasArtifacts: !isFrom(facts, 4, 6),
        scales: isFrom(facts, 4, 6),
        hasEnvironments: isFrom(facts, 4, 0),
        hasProtocols: isFrom(facts, 4, 0) && facts.hasKserve,
        limits,
        defaults: remoteDefaults(facts),
        ...(role === undefined || role.toLowerCase() === OWNER.toLowerCase()
          ? {}
          : {
              refusal: t(
                'your role in {0} is {1}: to create or change servings it takes a {2}',
                connection.project,
                role,
                OWNER,
              ),
            }),
        check: (definition) => checkForHopsworks(definition, facts, limits),
      };
    });
  }

  names(signal: AbortSignal): Promise<readonly string[]> {
    return this.guard(t('Could not list the servings'), async () => {
      const { project } = await this.parts.session.joined(signal);
      return (await this.parts.client.servings(project, signal)).map(({ name }) => name);
    });
  }

  models(signal: AbortSignal): Promise<readonly RemoteModel[]> {
    const what = t('Could not list the models of the registry');
    return this.guard(what, async () => {
      const { project } = await this.parts.session.joined(signal);
      const path = `/project/${project}/modelregistries/${project}/models`;
      const found: RemoteModel[] = [];
      for (let offset = 0; offset < MOST_MODELS; offset += PAGE) {
        const query = { offset: String(offset), limit: String(PAGE) };
        const answer = await this.parts.client.json(
          { what, scope: 'MODELREGISTRY', method: 'GET', path, query },
          signal,
        );
        const items = itemsOf(answer);
        found.push(...items.flatMap(toModel));
        if (items.length < PAGE) {
          break;
        }
      }
      return found.sort((a, b) => a.name.localeCompare(b.name) || b.version - a.version);
    });
  }

  artifacts(model: ModelRef, signal: AbortSignal): Promise<readonly RemoteArtifact[]> {
    return this.guard(t('Could not list the artifacts'), async () => {
      const numbers = ((await this.namesIn(model, '/Artifacts', signal)) ?? [])
        .map(Number)
        .filter((each) => Number.isInteger(each) && each > 0);
      return Promise.all(
        numbers
          .sort((a, b) => b - a)
          .slice(0, 20)
          .map(async (number) => {
            const names = (await this.namesIn(model, `/Artifacts/${number}`, signal)) ?? [];
            const [script, transformer] = ['predictor-', 'transformer-'].map((prefix) =>
              names.find((each) => each.startsWith(prefix))?.slice(prefix.length),
            );
            return {
              number,
              ...(script === undefined ? {} : { script }),
              ...(transformer === undefined ? {} : { transformer }),
            };
          }),
      );
    });
  }

  topics(signal: AbortSignal): Promise<readonly TopicOffer[]> {
    const what = t('Could not list the Kafka topics');
    return this.guard(what, async () => {
      const { project } = await this.parts.session.joined(signal);
      const path = `/project/${project}/kafka/topics`;
      const query = { offset: '0', limit: '1000', sort_by: 'name:asc' };
      const answer = await this.parts.client.json({ what, scope: 'KAFKA', method: 'GET', path, query }, signal);
      return itemsOf(answer).flatMap((item): readonly TopicOffer[] => {
        const [name, schema] = ['name', 'schemaName'].map((each) => textAt(item, each));
        const version = numberAt(item, 'schemaVersion');
        return name === undefined
          ? []
          : [
              {
                name,
                ...(schema === undefined
                  ? {}
                  : { schema: { name: schema, ...(version === undefined ? {} : { version }) } }),
              },
            ];
      });
    });
  }

  checkFiles(definition: ServingDefinition, signal: AbortSignal): Promise<string | undefined> {
    return this.guard(t('Could not look at the files of the model'), async () => {
      const { facts } = await this.parts.session.joined(signal);
      const { name, version } = definition.model;
      const topic = definition.remote && (await this.topicTrouble(definition.remote, signal));
      if (topic !== undefined) {
        return topic;
      }
      if (definition.remote?.upload?.model !== undefined) {
        return undefined;
      }
      const names = await this.namesIn(definition.model, '', signal);
      if (names === undefined) {
        return t('There is no {0} v{1} in the registry', name, version);
      }
      const below = names.includes(FILES) ? await this.namesIn(definition.model, `/${FILES}`, signal) : undefined;
      return checkModelFiles(definition, [...names, ...(below ?? [])], facts);
    });
  }

  /** A key that may not see the topics leaves it to the server. */
  private async topicTrouble(remote: RemoteDefinition, signal: AbortSignal): Promise<string | undefined> {
    const { name } = remote.topic;
    if (name === 'CREATE' || name === 'NONE') {
      return undefined;
    }
    try {
      return checkTopic(remote, await this.topics(signal));
    } catch (error) {
      if (error instanceof ServingError && error.code === 'forbidden') {
        return undefined;
      }
      throw error;
    }
  }

  fetchScript(
    definition: ServingDefinition,
    role: 'script' | 'transformer',
    file: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    return this.guard(t('Could not fetch the script of {0}', definition.name), async () => {
      const datasets = await this.datasets(signal);
      const { facts } = await this.parts.session.joined(signal);
      for (const path of scriptPlaces(definition, role, this.parts.connection.project, facts)) {
        if ((await datasets.find(path, signal))?.isFolder === false) {
          await datasets.download(path, file, () => undefined, signal);
          return true;
        }
      }
      return false;
    });
  }

  async datasets(signal: AbortSignal): Promise<Datasets> {
    return new Datasets(this.parts.client, (await this.parts.session.joined(signal)).project);
  }

  /** Names of what is in a folder of a model version; undefined: there is none. */
  private async namesIn(
    { name, version }: ModelRef,
    folder: string,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const path = `${versionPath(this.parts.connection.project, name, version)}${folder}`;
    return (await (await this.datasets(signal)).list(path, signal))?.map((entry) => entry.name);
  }

  private async guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isTheir(error, ERROR.noProject)) {
        this.parts.session.forget();
      }
      throw error instanceof ServingError ? error : toServingError(error, 'internal', what);
    }
  }
}

function toModel(item: Readonly<Record<string, unknown>>): readonly RemoteModel[] {
  const [name, version] = [textAt(item, 'name'), numberAt(item, 'version')];
  const [framework, description] = ['framework', 'description'].map((each) => textAt(item, each));
  return name === undefined || version === undefined
    ? []
    : [
        {
          name,
          version,
          ...(framework === undefined ? {} : { framework }),
          ...(description === undefined ? {} : { description }),
        },
      ];
}
