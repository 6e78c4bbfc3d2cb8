import type { Route } from './router';
import { problem } from './problem';

/** Which of Hopsworks' releases the API is shaped after. */
export type Generation = 3 | 4 | 5;
export const GENERATIONS: readonly Generation[] = [3, 4, 5];

const VERSIONS: Readonly<Record<Generation, string>> = { 3: '3.7.0', 4: '4.8.0', 5: '5.2.0' };

export interface ApiProject {
  readonly id: number;
  readonly name: string;
  readonly generation: Generation;
  readonly created: Date;
  readonly user: { readonly username: string; readonly fullName: string; readonly email: string };
}

/** Hopsworks' rule for the names of projects is narrower than that for folders. */
export function toProjectName(folder: string): string {
  const plain = folder
    .normalize('NFKD')
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 80);
  return plain === '' ? 'workspace' : plain;
}

/** What clients ask before anything else. */
export function projectRoutes(project: ApiProject): readonly Route[] {
  const created = project.created.toISOString();
  const [fname = '', ...lname] = project.user.fullName.split(' ');
  const user = {
    uid: 10_000,
    fname,
    lname: lname.join(' '),
    email: project.user.email,
    username: project.user.username,
  };
  const about = {
    projectId: project.id,
    projectName: project.name,
    owner: user.email,
    description: '',
    created,
    services: ['SERVING'],
    projectTeam: [],
    datasets: [],
    creationStatus: true,
    ...(project.generation === 3 ? {} : { namespace: namespaceOf(project.name) }),
  };
  const named = (name: string | undefined): void => {
    if (name !== project.name) {
      throw problem(150004, `There is no project ${name ?? ''} here, only ${project.name}`);
    }
  };
  const teamOf = {
    projectTeamPK: { projectId: project.id, teamMember: user.email },
    teamRole: 'Data owner',
    timestamp: created,
    project: { id: project.id, name: project.name, owner: user, created, creationStatus: 0 },
    user,
  };
  const show: Route[2] = (call) => {
    named(call.params.name);
    return { status: 200, json: about };
  };
  return [
    ['GET', '/project', () => ({ status: 200, json: [teamOf] })],
    ['GET', '/project/getProjectInfo/:name', show],
    ['GET', '/project/asShared/getProjectInfo/:name', show],
    [
      'GET',
      '/variables/versions',
      () => ({ status: 200, json: [{ software: 'hopsworks', version: VERSIONS[project.generation] }] }),
    ],
    [
      'GET',
      '/servingconf',
      () => ({ status: 200, json: { kafkaTopicSchema: 'inferenceschema', kafkaTopicSchemaVersion: 3 } }),
    ],
    [
      'GET',
      '/variables/:name',
      (call) => {
        const value = VARIABLES[call.params.name ?? ''];
        if (value === undefined) {
          throw problem(100050, `variable: ${call.params.name ?? ''}`);
        }
        return { status: 200, json: { successMessage: value } };
      },
    ],
  ];
}

export function namespaceOf(project: string): string {
  return project.toLowerCase().replaceAll('_', '-');
}

export const KNATIVE_DOMAIN = 'hopsworks.ai';
/** -1: no limit. */
const VARIABLES: Readonly<Record<string, string>> = {
  enable_data_science_profile: 'true',
  enable_flyingduck: 'false',
  kube_kserve_installed: 'true',
  kube_knative_domain_name: KNATIVE_DOMAIN,
  kube_serving_min_num_instances: '-1',
  kube_serving_max_num_instances: '-1',
  kube_serving_max_cores_allocation: '-1',
  kube_serving_max_memory_allocation: '-1',
  kube_serving_max_gpus_allocation: '-1',
  loadbalancer_external_domain_opensearch: '',
};
