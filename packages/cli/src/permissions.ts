import type { AdminAction } from '@lifeguard/admin';

/** Whether an application lets somebody from outside do it: `not-offered` where that pool cannot. */
type Permission = 'allowed' | 'not-allowed' | 'not-offered';

/** What may be done to a pool of an application. */
export type Permissions = (pool: string, action: AdminAction) => Permission;

/** Asks what may be done; what the application does not tell is taken to be allowed, and is answered when it is tried. */
export async function readPermissions(source: { get(path: string): Promise<unknown> }): Promise<Permissions> {
  const { pools, capabilities } = Object(await source.get('/v1')) as {
    pools?: unknown;
    capabilities?: unknown;
  };
  const allow: unknown = Reflect.get(Object(capabilities), 'allow');
  return (name, action) => {
    const pool: unknown = Array.isArray(pools) ? pools.find((each) => Object(each).name === name) : undefined;
    const actions: unknown = Reflect.get(Object(pool), 'actions');
    if (Array.isArray(actions) && !actions.includes(action)) return 'not-offered';
    return Array.isArray(allow) && !allow.includes(action) ? 'not-allowed' : 'allowed';
  };
}
