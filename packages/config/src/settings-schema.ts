import { z } from 'zod';
import { ALERT_KEYS } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import type { TableKey } from './table-key.ts';

/** A part of the file with keys of its own; may be left empty. Any other key in it is an error. */
function section(description: string, shape: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return z.strictObject(shape).nullable().optional().meta({ description });
}

/** What a key tells about itself, by its schema. */
const KEYS = new WeakMap<object, TableKey>();

/** The keys of a table as a shape. */
function keys(table: Readonly<Record<string, TableKey>>): Record<string, z.ZodType> {
  for (const key of Object.values(table)) KEYS.set(key.schema, key);
  return Object.fromEntries(Object.entries(table).map(([name, key]) => [name, key.schema.optional()]));
}

/** The whole file. A new section is a line here; one with plain zod schemas works too, with zod's own messages. */
export const settingsSchema: z.ZodType = section('Settings of Lifeguard.', {
  providers: section('What Lifeguard watches over.', {
    database: section('The connections to the database.', keys(DATABASE_KEYS)),
  }),
  alerts: section('When somebody is told that a pool is in trouble.', keys(ALERT_KEYS)),
});

/** What is known of a place in the file: the keys of a section, or the key of a table. */
export interface Known {
  readonly keys?: readonly string[];
  readonly key?: TableKey;
}

export function knownAt(path: readonly PropertyKey[]): Known {
  let schema: unknown = settingsSchema;
  for (const part of path) {
    const shape = sectionOf(schema)?.shape ?? {};
    schema = Object.hasOwn(shape, part) ? shape[String(part)] : undefined;
  }
  const keys = sectionOf(schema)?.shape;
  if (keys !== undefined) return { keys: Object.keys(keys) };
  const key = keyOf(unwrap(schema));
  return key === undefined ? {} : { key };
}

/** The row of the table that a schema belongs to. */
export function keyOf(schema: object | undefined): TableKey | undefined {
  return schema === undefined ? undefined : KEYS.get(schema);
}

function sectionOf(schema: unknown): z.ZodObject | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? inner : undefined;
}

function unwrap(schema: unknown): z.ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap();
  return inner instanceof z.ZodType ? inner : undefined;
}
