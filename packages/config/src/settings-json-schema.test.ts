import { expect, test } from 'vitest';
import { DATABASE_KEYS } from './database-keys.ts';
import { settingsJsonSchema } from './settings-json-schema.ts';

test('settings.schema.json is what is generated (after a change of the keys: vitest -u)', async () => {
  const text = `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`;
  // Short lists in one line, as the formatter of this repository wants them.
  const formatted = text.replaceAll(
    /\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g,
    (_, items: string) => `[${items.replaceAll(/,\s+/g, ', ')}]`,
  );
  await expect(formatted).toMatchFileSnapshot('../settings.schema.json');
});

test('the schema has every key with its description', () => {
  const properties = at(at(settingsJsonSchema(), 'providers'), 'database')['properties'] as Section;
  expect(Object.keys(properties)).toEqual(Object.keys(DATABASE_KEYS));
  for (const [name, { description, fallback }] of Object.entries(DATABASE_KEYS)) {
    expect(properties[name]).toMatchObject({ description });
    expect(properties[name]?.['default']).toBe(fallback);
  }
});

test('no section takes other keys, and each may be empty', () => {
  const schema = settingsJsonSchema();
  for (const section of [schema, at(schema, 'providers'), at(at(schema, 'providers'), 'database')]) {
    expect(section).toMatchObject({ type: ['object', 'null'], additionalProperties: false });
  }
});

type Section = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function at(section: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  return (section['properties'] as Section)[key] ?? {};
}
