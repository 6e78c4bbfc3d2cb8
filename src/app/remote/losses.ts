import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import { sendsToKafka } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { OpenPlace } from './openPlace';

/** What of a definition of this computer there is not on Hopsworks: a line each. */
export function lossesThere(definition: ServingDefinition, { offer }: Pick<OpenPlace, 'offer'>): readonly string[] {
  const { environment, port, token, transformer, artifact, batching, limits, replicas, inferenceLog } = definition;
  const kserve = offer.defaults.tool === 'KSERVE';
  const names = [...Object.keys(environment.variables), ...environment.secrets];
  const lines: readonly (string | false)[] = [
    environment.requirements !== undefined &&
      t('Its managed environment ({0}): Hopsworks runs it in an environment of the project', environment.requirements),
    environment.python !== undefined && t('Its interpreter: Hopsworks runs it in an environment of the project'),
    names.length > 0 && t('Variables and secrets: {0}', names.join(', ')),
    port !== 'auto' && t("Its port {0}: it answers at Hopsworks' address", port),
    token !== undefined && t('Its token {0}: requests bring the API key instead', token),
    typeof artifact === 'number' && t('Artifact {0}: what is packed now is taken', artifact),
    replicas.max > replicas.min &&
      !offer.scales &&
      t('More than {0} replicas: this release does not scale', replicas.min),
    transformer !== undefined && !kserve && t('Its transformer {0}: that takes KServe', transformer),
    batching.enabled &&
      (kserve ? t('Batching: it is off there until you turn it on') : t('Batching: that takes KServe')),
    definition.preload && t('A model that is loaded once for all replicas'),
    definition.reload && t('Reload when the script changes'),
    definition.pickleImports !== undefined && t('The limits to what a pickle may import'),
    !definition.lenientReplies && t('Replies that are refused instead of converted'),
    (limits.queueLength !== DEFAULTS.limits.queueLength || limits.requestSeconds !== DEFAULTS.limits.requestSeconds) &&
      t('Limits of queue and waiting time'),
    sendsToKafka(definition) &&
      inferenceLog.kafka.topic !== 'CREATE' &&
      t('The Kafka topic {0}: it gets one of its own there', inferenceLog.kafka.topic),
    (inferenceLog.mode === 'PREDICTIONS' || inferenceLog.mode === 'MODEL_INPUTS') &&
      !kserve &&
      t('The inference log {0}: requests and replies are logged there', inferenceLog.mode),
    inferenceLog.redact.length > 0 && t('What is redacted in its inference log: it is logged there as it is'),
  ];
  return lines.filter((line) => line !== false);
}

/** What of a serving on Hopsworks there is not on this computer. */
export function lossesHere({ remote, replicas, resources }: ServingDefinition, hasBroker = false): readonly string[] {
  const transforms = remote?.transformer !== undefined;
  const lines: readonly (string | false)[] = [
    remote !== undefined &&
      remote.topic.name !== 'NONE' &&
      (hasBroker
        ? t('The Kafka topic {0}: it gets one of its own here', remote.topic.name)
        : t('Inference logs to the Kafka topic {0}', remote.topic.name)),
    remote?.environment !== undefined &&
      t('The environment {0}: it runs on a Python of this computer', remote.environment),
    replicas.min === 0 && t('Scaling to zero: one replica is there all the time'),
    transforms && t('Replicas of the transformer of its own: it runs with each replica'),
    resources.cores < 0 && t('No limits: it gets the usual ones'),
    remote?.protocol === 'GRPC' && t('GRPC: it answers over HTTP'),
  ];
  return lines.filter((line) => line !== false);
}
