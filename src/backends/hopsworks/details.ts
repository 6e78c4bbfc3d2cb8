import type { RemoteDetails, RemoteTopic } from '../../core/remoteDetails';
import { toPages, type Place } from './shownPlace';
import { dateAt, fieldsAt, numberAt, textAt, type ServingView } from './wire';

/** What is shown of it beside its definition and its state. */
export function toDetails(view: ServingView, place: Place): RemoteDetails {
  const created = dateAt(view, 'created');
  const [creator, deployedBy, revision, inferencePath, serverPath] = [
    'creator',
    'deployedBy',
    'revision',
    'hopsworksInferencePath',
    'modelServerInferencePath',
  ].map((name) => textAt(view, name));
  const port = numberAt(view, 'internalPort') ?? numberAt(view, 'nodePort');
  const [asked, there] = ['requestedTransformerInstances', 'availableTransformerInstances'].map((name) =>
    numberAt(view, name),
  );
  const topic = toTopic(view);
  const deployed = dateAt(view, 'deployed');
  const direct = place.direct?.(view);
  return {
    id: view.id,
    ...(created ? { created } : {}),
    ...(creator === undefined ? {} : { creator }),
    ...(deployedBy === undefined ? {} : { deployedBy }),
    ...(revision === undefined ? {} : { revision }),
    wanted: {
      replicas: numberAt(view, 'requestedInstances') ?? 0,
      ...(asked === undefined ? {} : { transformers: asked }),
    },
    available: {
      replicas: numberAt(view, 'availableInstances') ?? 0,
      ...(there === undefined ? {} : { transformers: there }),
    },
    ...(inferencePath === undefined ? {} : { inferencePath }),
    ...(serverPath === undefined ? {} : { serverPath }),
    ...(port === undefined ? {} : { internalPort: port }),
    ...(deployed ? { deployed } : {}),
    ...(direct ? { direct } : {}),
    ...(topic ? { topic } : {}),
    pages: toPages(view, place),
  };
}

function toTopic(view: ServingView): RemoteTopic | undefined {
  const topic = fieldsAt(view, 'kafkaTopicDTO');
  const [name, schema, text] = ['name', 'schemaName', 'schemaContent'].map((each) => textAt(topic, each));
  const version = numberAt(topic, 'schemaVersion');
  if (name === undefined || name === 'NONE') {
    return undefined;
  }
  return {
    name,
    ...(schema === undefined
      ? {}
      : {
          schema: {
            name: schema,
            ...(version === undefined ? {} : { version }),
            ...(text === undefined ? {} : { text }),
          },
        }),
  };
}
