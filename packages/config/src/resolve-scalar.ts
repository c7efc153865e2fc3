import { Scalar } from 'yaml';
import type { Schema } from 'yaml';
import { substitute } from './substitute.ts';
import type { Environment, SubstitutionProblem } from './substitute.ts';

/** What a scalar stands for, and the variables it was made from. */
export interface ResolvedScalar {
  readonly value: unknown;
  readonly variables: readonly string[];
  readonly problems: readonly SubstitutionProblem[];
}

const NONE: readonly never[] = [];

/** Puts variables into a scalar. One without quotes gets its type afterwards, so that `${SIZE}` can be a number. */
export function resolveScalar(scalar: Scalar, schema: Schema, env: Environment): ResolvedScalar {
  const { value } = scalar;
  if (typeof value !== 'string' || !value.includes('$')) return { value, variables: NONE, problems: NONE };
  const { text, variables, problems } = substitute(value, env);
  const typed = scalar.type === Scalar.PLAIN && scalar.tag === undefined;
  return { value: typed ? typeOf(text, schema) : text, variables, problems };
}

/** A plain scalar as YAML reads it: `20` is a number, `true` a flag, and never a list or section. */
function typeOf(text: string, schema: Schema): unknown {
  for (const tag of schema.tags) {
    if (tag.collection !== undefined || tag.default !== true || tag.test?.test(text) !== true) continue;
    const value = tag.resolve(text, () => {}, {});
    return value instanceof Scalar ? value.value : value;
  }
  return text;
}
