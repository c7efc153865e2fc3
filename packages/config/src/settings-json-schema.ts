import { z } from 'zod';
import { keyOf, settingsSchema } from './settings-schema.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of the settings file, for editors. The package has it as a file, `settings.schema.json`. It knows
 * keys and ranges, but not what depends on several keys or on the environment.
 */
export function settingsJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(settingsSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const { description, fallback } = keyOf(zodSchema) ?? {};
      if (description !== undefined) jsonSchema.description = description;
      if (fallback !== undefined) jsonSchema.default = fallback;
    },
  });
  return { $schema, title: 'Lifeguard settings', ...section(schema) };
}

/** A reference to a variable may stand for any value that is not text already. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{.+\\}' };

function section(schema: JsonSchema): JsonSchema {
  const { anyOf = [], ...annotations } = schema;
  const form = (anyOf as readonly JsonSchema[]).find(isObject) ?? schema;
  const properties = Object.entries(form['properties'] as Readonly<Record<string, JsonSchema>>);
  return {
    ...annotations,
    ...form,
    type: ['object', 'null'], // A section whose keys are all commented out is null.
    properties: Object.fromEntries(properties.map(([name, each]) => [name, property(each)])),
  };
}

function property(schema: JsonSchema): JsonSchema {
  const { anyOf, description, default: fallback, ...form } = schema;
  const forms = (anyOf ?? [form]) as readonly JsonSchema[];
  if (forms.some(isObject)) return section(schema);
  if (form['type'] === 'string' && form['pattern'] === undefined && form['enum'] === undefined) return schema;
  const annotations = { description, ...(fallback === undefined ? {} : { default: fallback }) };
  return { ...annotations, anyOf: [...forms, REFERENCE] };
}

function isObject(schema: JsonSchema): boolean {
  return schema['type'] === 'object';
}
