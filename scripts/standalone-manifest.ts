type Names = Readonly<Record<string, string>>;

const KINDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

/**
 * The package.json of an example, as it is outside of this repository: `workspace:` and `catalog:` become versions, whatever else
 * it says stays. Throws when there is no version for one.
 */
export function standaloneManifest(
  text: string,
  versions: ReadonlyMap<string, string>,
  catalog: ReadonlyMap<string, string>,
): string {
  const manifest = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const rewritten = Object.fromEntries(
    KINDS.filter((kind) => manifest[kind] !== undefined).map((kind) => [
      kind,
      Object.fromEntries(
        Object.entries(manifest[kind] as Names).map(([name, range]) => [
          name,
          rangeOf(name, range, versions, catalog),
        ]),
      ),
    ]),
  );
  return `${JSON.stringify({ ...manifest, ...rewritten }, undefined, 2)}\n`;
}

function rangeOf(
  name: string,
  range: string,
  versions: ReadonlyMap<string, string>,
  catalog: ReadonlyMap<string, string>,
): string {
  if (range === 'catalog:') return known(catalog.get(name), `${name} is not in the catalog`);
  const [, wanted] = /^workspace:(.+)$/.exec(range) ?? [];
  if (wanted === undefined) {
    if (/^(?:catalog|link|file|portal):/.test(range))
      throw new Error(`${name}: ${range} means nothing elsewhere`);
    return range;
  }
  const version = known(versions.get(name), `${name} is no package of this repository`);
  if (wanted === '*' || wanted === '^') return `^${version}`;
  return wanted === '~' ? `~${version}` : wanted;
}

function known(range: string | undefined, otherwise: string): string {
  if (range === undefined) throw new Error(otherwise);
  return range;
}
