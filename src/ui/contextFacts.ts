import type { ModelStore } from '../app/modelStore';
import type { BackendServings, ServingStore } from '../app/servingStore';
import type { Availability } from '../core/backend';
import { Disposables, type Disposable } from '../core/disposables';
import type { Event } from '../core/events';
import type { BackendKind } from '../core/serving';
import { setContextKey, type ContextKeys } from '../platform/contextKeys';
import { isFiltered, type Arrangement } from './tree/arrangement';

/** What menus and welcome texts ask about servings and models. */
type Facts = Pick<
  ContextKeys,
  | 'hasPython'
  | 'engine'
  | 'hopsworks'
  | 'hasConnection'
  | 'hasModels'
  | 'hasServings'
  | 'hasLocalServings'
  | 'servingActions'
  | 'servingsFiltered'
>;

export interface FactParts {
  readonly store: Pick<ServingStore, 'backends' | 'actions'>;
  readonly models: Pick<ModelStore, 'folders'>;
  readonly arrangement: Arrangement;
}

/** As the stores know them now. */
export function factsOf({ store, models, arrangement }: FactParts): Facts {
  const backends = store.backends();
  const servings = backends.flatMap((each) => each.servings);
  const actions = new Set(servings.flatMap((serving) => store.actions(serving)));
  return {
    hasPython: kindsOf(backends, 'process').includes('ready'),
    engine: bestOf(kindsOf(backends, 'docker')),
    hopsworks: bestOf(kindsOf(backends, 'hopsworks')),
    hasConnection: backends.some(({ backend }) => backend.kind === 'hopsworks'),
    hasModels: models.folders().some((folder) => folder.models.length > 0),
    hasServings: servings.length > 0,
    hasLocalServings: servings.some(({ kind }) => kind !== 'hopsworks'),
    servingActions: actions.size === 0 ? '' : `;${[...actions].sort().join(';')};`,
    servingsFiltered: isFiltered(arrangement),
  };
}

function kindsOf(backends: readonly BackendServings[], kind: BackendKind): readonly Availability['kind'][] {
  return backends.flatMap(({ backend, availability }) =>
    backend.kind === kind && availability ? [availability.kind] : [],
  );
}

/** Of several places of a kind the one that is nearest to being of use. */
function bestOf(kinds: readonly Availability['kind'][]): string {
  const order: readonly Availability['kind'][] = [
    'ready',
    'signedOut',
    'unreachable',
    'stopped',
    'untrusted',
    'missing',
  ];
  return order.find((kind) => kinds.includes(kind)) ?? '';
}

export interface ContextFactParts {
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly arranging: { readonly current: Arrangement; readonly onDidChange: Event<void> };
}

/** Keeps the facts true; VS Code is told only of those that changed. */
export class ContextFacts implements Disposable {
  private readonly owned = new Disposables();
  private readonly told = new Map<string, unknown>();

  constructor(private readonly parts: ContextFactParts) {
    for (const { onDidChange } of [parts.store, parts.models, parts.arranging]) {
      this.owned.add(
        onDidChange(() => {
          this.tell();
        }),
      );
    }
    this.tell();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private tell(): void {
    const { store, models, arranging } = this.parts;
    const facts = factsOf({ store, models, arrangement: arranging.current });
    for (const key of Object.keys(facts) as (keyof Facts)[]) {
      if (this.told.get(key) !== facts[key]) {
        this.told.set(key, facts[key]);
        void setContextKey(key, facts[key]);
      }
    }
  }
}
