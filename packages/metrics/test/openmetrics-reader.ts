/** One line of a text that was read. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: ReadExemplar;
}

interface ReadExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: number;
}

interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string;
  readonly samples: Sample[];
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
};
const LABELS = String.raw`\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[n"\\])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[n"\\])*")*)?\}`;
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const LINE = new RegExp(`^([a-z_]+)(${LABELS})? (${NUMBER})(?: # (${LABELS}) (${NUMBER}) (${NUMBER}))?$`);

/**
 * Reads OpenMetrics 1.0 as its specification has it, and throws at whatever that forbids of what we could write. Written for tests from
 * the rules of the specification, and not from what we write.
 */
export function readOpenMetrics(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with EOF');
  if (text.includes('\r')) throw new Error('it has a carriage return');
  const families = new Map<string, ReadFamily>();
  const lines = text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1);
  for (let index = 0; index < lines.length; ) {
    const [family, next] = readFamily(lines, index);
    if (families.has(family.name)) throw new Error(`there twice: ${family.name}`);
    families.set(family.name, family);
    index = next;
  }
  refuseClashes([...families.values()]);
  return families;
}

function readFamily(lines: readonly string[], from: number): [ReadFamily, number] {
  let index = from;
  const metadata = (kind: string): [string, string] | undefined => {
    const found = new RegExp(`^# ${kind} ([a-z_]+) (.+)$`).exec(lines[index] ?? '');
    if (found === null) return undefined;
    index += 1;
    return [found[1] ?? '', found[2] ?? ''];
  };
  const [name, type] = metadata('TYPE') ?? refuse(`no TYPE: ${lines[from]}`);
  const [unitOf, unit] = metadata('UNIT') ?? [name, undefined];
  const [helpOf, help] = metadata('HELP') ?? refuse(`no HELP: ${name}`);
  if (unitOf !== name || helpOf !== name) refuse(`of another family: ${name}`);
  if (/(?<!\\)(?:\\\\)*"/.test(help)) refuse(`a quote that is not escaped: ${help}`);
  if (unit !== undefined && !name.endsWith(`_${unit}`)) refuse(`${name} does not end with its unit ${unit}`);
  const samples: Sample[] = [];
  for (; index < lines.length && !lines[index]?.startsWith('#'); index += 1)
    samples.push(readSample(lines[index] ?? '', name, SUFFIXES[type] ?? refuse(`no type: ${type}`)));
  const keys = samples.map((each) => each.name + JSON.stringify(each.labels));
  if (new Set(keys).size !== keys.length) refuse(`a line twice in ${name}`);
  if (type === 'histogram') checkHistograms(samples, name);
  return [{ name, type, unit, help, samples }, index];
}

function readSample(line: string, family: string, suffixes: readonly string[]): Sample {
  const found = LINE.exec(line) ?? refuse(`not a line: ${line}`);
  const [, name = '', labels = '{}', value, exemplarLabels, exemplarValue, exemplarAt] = found;
  if (!suffixes.some((suffix) => name === family + suffix)) refuse(`${name} is not of ${family}`);
  const sample = { name, labels: readLabels(labels), value: Number(value) };
  if (exemplarLabels === undefined) return sample;
  if (!/_(?:bucket|total)$/.test(name)) refuse(`an exemplar where none may be: ${line}`);
  const exemplar = {
    labels: readLabels(exemplarLabels),
    value: Number(exemplarValue),
    at: Number(exemplarAt),
  };
  if (Object.entries(exemplar.labels).flat().join('').length > 128) refuse(`too long: ${exemplarLabels}`);
  if (exemplar.value > boundOf(sample)) refuse(`an exemplar in a bucket that it exceeds: ${line}`);
  return { ...sample, exemplar };
}

function readLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [
    label,
    value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
  ]);
  const labels = Object.fromEntries(pairs) as Record<string, string>;
  if (Object.keys(labels).length !== pairs.length) refuse(`a label twice: ${text}`);
  return labels;
}

/** Canonical bounds that rise, counts that do not fall, and the last of them as the count. */
function checkHistograms(samples: readonly Sample[], name: string): void {
  const groups = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: '' }));
  for (const group of groups.values()) {
    const buckets = group.filter((each) => each.name === `${name}_bucket`);
    buckets.forEach((bucket, index) => {
      const before = buckets[index - 1];
      if (!/^(?:\+Inf|\d+\.\d+)$/.test(bucket.labels['le'] ?? ''))
        refuse(`not canonical: ${bucket.labels['le']}`);
      if (before === undefined) return;
      if (boundOf(before) >= boundOf(bucket) || before.value > bucket.value) refuse(`not in order: ${name}`);
    });
    const last = buckets.at(-1);
    const count = group.find((each) => each.name === `${name}_count`);
    if (last?.labels['le'] !== '+Inf' || last.value !== count?.value) refuse(`without its count: ${name}`);
    if (!group.every((each) => each.name === `${name}_sum` || Number.isInteger(each.value)))
      refuse(`a count that is no integer: ${name}`);
  }
}

function boundOf({ labels: { le } }: Sample): number {
  return le === undefined || le === '+Inf' ? Infinity : Number(le);
}

/** No family may be called as a line of another one is, or could be. */
function refuseClashes(families: readonly ReadFamily[]): void {
  const owners = new Map<string, string>();
  for (const { name, type } of families)
    for (const suffix of new Set([...(SUFFIXES[type] ?? []), ''])) {
      const owner = owners.get(name + suffix);
      if (owner !== undefined) refuse(`${name + suffix} is of ${owner} and of ${name}`);
      owners.set(name + suffix, name);
    }
}

function refuse(why: string): never {
  throw new Error(why);
}
