import { AdminError } from '@lifeguard/admin';
import type { HealthStatus, PoolHealthView } from '@lifeguard/admin';
import type { PoolDiagnostics, PoolHealth, PoolSnapshot } from '@lifeguard/core';
import { worstHealth } from './exit-code.ts';
import { isListOf, isSnapshot } from './is-snapshot.ts';

/** All that an application says of one of its pools. */
export interface PoolState {
  readonly snapshot: PoolSnapshot;
  /** `undefined` where the pool offers none, or it has failed: then `undiagnosed` says why. */
  readonly diagnosis: PoolDiagnostics | undefined;
  readonly undiagnosed: string | undefined;
  /** The worse of what the diagnosis and the application's own health say. */
  readonly health: PoolHealth;
  /** Why, as the application's health says. */
  readonly reasons: readonly string[];
}

/** What was read, and as it came. */
export interface ApplicationState {
  readonly pools: readonly PoolState[];
  /** Names of pools that did not fit into the answer. */
  readonly omitted: readonly string[];
  readonly snapshotAnswer: unknown;
  /** `undefined` where no pool offers a diagnosis. */
  readonly diagnosisAnswer: unknown;
}

interface Asked {
  get(path: string): Promise<unknown>;
}

/** Asks for everything about each pool, or about one. Rejects with `LG_UNSUPPORTED`. */
export async function readState(source: Asked, pool?: string): Promise<ApplicationState> {
  const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
  const snapshotAnswer = await source.get(`/v1/snapshot${query}`);
  const diagnosisAnswer = await diagnose(source, query);
  const health = healthIn(await source.get(`/v1/health${query}`));
  const diagnoses = diagnosisAnswer === undefined ? [] : poolsIn(diagnosisAnswer);
  const pools = poolsIn(snapshotAnswer)
    .map(checkSnapshot)
    .map((snapshot) => stateOf(snapshot, diagnoses, health));
  return { pools, omitted: omittedIn(snapshotAnswer), snapshotAnswer, diagnosisAnswer };
}

async function diagnose(source: Asked, query: string): Promise<unknown> {
  try {
    return await source.get(`/v1/diagnosis${query}`);
  } catch (error) {
    if (error instanceof AdminError && error.problem === 'not-offered') return undefined;
    throw error;
  }
}

function stateOf(
  snapshot: PoolSnapshot,
  diagnoses: readonly unknown[],
  health: readonly PoolHealthView[],
): PoolState {
  const found = diagnoses.find((each) => nameOf(each) === snapshot.name);
  const diagnosis = isDiagnosis(found) ? found : undefined;
  const own = health.find(({ name }) => name === snapshot.name);
  const unavailable: unknown = Reflect.get(Object(found), 'unavailable');
  return {
    snapshot,
    diagnosis,
    undiagnosed:
      diagnosis !== undefined
        ? undefined
        : typeof unavailable === 'string'
          ? unavailable
          : 'this pool does not offer a diagnosis',
    health: worstHealth([diagnosis?.health ?? 'healthy', gradeOf(own?.status)]),
    reasons: textsIn(own?.reasons),
  };
}

function gradeOf(status: HealthStatus | undefined): PoolHealth {
  if (status === 'unavailable') return 'critical';
  return status === 'degraded' ? 'warning' : 'healthy';
}

function nameOf(diagnosis: unknown): unknown {
  const { pool, name } = Object(diagnosis) as { pool?: { name?: unknown }; name?: unknown };
  return pool?.name ?? name;
}

function isDiagnosis(value: unknown): value is PoolDiagnostics {
  const { health, potentialLeaks, recommendations } = Object(value) as Partial<PoolDiagnostics>;
  const isKnown = health === 'healthy' || health === 'warning' || health === 'critical';
  return isKnown && isListOf(potentialLeaks) && isListOf(recommendations);
}

function checkSnapshot(value: unknown): PoolSnapshot {
  if (isSnapshot(value)) return value;
  throw unreadable();
}

function poolsIn(answer: unknown): readonly unknown[] {
  const { schemaVersion, pools } = Object(answer) as { schemaVersion?: unknown; pools?: unknown };
  if (schemaVersion !== 1 || !Array.isArray(pools)) throw unreadable();
  return pools;
}

function healthIn(answer: unknown): readonly PoolHealthView[] {
  const { pools } = Object(answer) as { pools?: unknown };
  if (!Array.isArray(pools) || !pools.every((each) => Array.isArray(Object(each).reasons)))
    throw unreadable();
  return pools as PoolHealthView[];
}

function omittedIn(answer: unknown): readonly string[] {
  const { omitted } = Object(answer) as { omitted?: unknown };
  return textsIn(omitted);
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function unreadable(): AdminError {
  return new AdminError('no-answer', {
    summary: 'the application answers in a way that this version does not know',
    rows: [['fix', 'use the same version of @lifeguard/cli and @lifeguard/admin']],
  });
}
