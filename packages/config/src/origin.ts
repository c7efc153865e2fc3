/** Where the value of a setting came from. */
export type SettingOrigin =
  /** Neither the file nor the environment says anything. */
  | { readonly kind: 'default' }
  /** The file says nothing, and this variable takes its place. */
  | { readonly kind: 'environment'; readonly variable: string }
  | {
      readonly kind: 'file';
      readonly file: string;
      /** From 1. */
      readonly line: number;
      /** From 1, in UTF-16 units as editors count. */
      readonly column: number;
      /** Those of the environment that the value was made from. */
      readonly variables: readonly string[];
    };

/** For people: `settings.yaml:5:16`, `settings.yaml:5:16 (env POOL_SIZE)`, `env DATABASE_URL` or `default`. */
export function describeOrigin(origin: SettingOrigin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'environment':
      return `env ${origin.variable}`;
    case 'file': {
      const { file, line, column, variables } = origin;
      return `${file}:${line}:${column}${variables.length === 0 ? '' : ` (env ${variables.join(', ')})`}`;
    }
    /* v8 ignore next -- an origin that is missing above does not compile */
    default:
      return origin satisfies never;
  }
}
