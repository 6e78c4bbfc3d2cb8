import { t } from '../core/l10n';
import type { ApiPlace } from './localApis';

/** A Python client that can be pointed at the local Hopsworks API. */
export interface Client {
  readonly id: ClientId;
  readonly label: string;
  readonly detail: string;
}

export type ClientId = 'hopsworks' | 'hsml' | 'hops' | 'hopsOwn';

export const CLIENTS: readonly Client[] = [
  { id: 'hopsworks', label: 'hopsworks', detail: 'pip install "hopsworks[python]": 4.x and 5.x' },
  { id: 'hsml', label: 'hsml', detail: 'pip install hsml: 3.x' },
  {
    id: 'hops',
    label: 'hops',
    get detail() {
      return t('pip install hops==2.5.0.2; no Hadoop is needed');
    },
  },
  {
    id: 'hopsOwn',
    get label() {
      return t('hops, nothing to install');
    },
    get detail() {
      return t('The small package of this extension');
    },
  },
];

/** Python that logs a client in. The key is read from its file: it does not stand in notebooks. */
export function loginSnippet(client: ClientId, place: ApiPlace): string {
  switch (client) {
    case 'hopsworks':
      return `import hopsworks

project = hopsworks.login(
    host="127.0.0.1",
    port=${place.port},
    project=${text(place.project)},
    api_key_file=${text(place.apiKeyFile)},
    hostname_verification=True,
    trust_store_path=${text(place.certificate)},
)
registry = project.get_model_registry()
serving = project.get_model_serving()
`;
    case 'hsml':
      return `import hsml

connection = hsml.connection(
    host="127.0.0.1",
    port=${place.port},
    project=${text(place.project)},
    api_key_file=${text(place.apiKeyFile)},
    hostname_verification=False,
)
registry = connection.get_model_registry()
serving = connection.get_model_serving()
`;
    case 'hops':
      return ofHops(place, 'pypi', `    MODEL_SERVING_PROJECT_DIR=${text(place.folder)},\n`);
    case 'hopsOwn':
      return ofHops(place, 'own', '');
  }
}

function ofHops(place: ApiPlace, packages: 'own' | 'pypi', more: string): string {
  const folder = `${place.clients}${place.clients.includes('\\') ? '\\' : '/'}${packages}`;
  return `import os
import sys

sys.path.insert(0, ${text(folder)})
os.environ.update(
    REST_ENDPOINT=${text(place.address)},
    HOPSWORKS_PROJECT_ID="${place.projectId}",
    HOPSWORKS_PROJECT_NAME=${text(place.project)},
    HADOOP_USER_NAME=${text(place.user)},
    API_KEY=open(${text(place.apiKeyFile)}).readline().strip(),
    REQUESTS_VERIFY="true",
    DOMAIN_CA_TRUSTSTORE_PEM=${text(place.certificate)},
${more})
from hops import hdfs, model, serving
`;
}

/** A literal of Python. */
function text(value: string): string {
  return JSON.stringify(value);
}
