import process from 'node:process';

/** What npm and vitest say to their children is not for those of a template. */
export function outsideEnv(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const foreign =
    /^(?:npm_(?:lifecycle|package|command|execpath|node_execpath)|VITEST|NODE_(?:OPTIONS|ENV|TEST)|DATABASE_URL$|PORT$)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...env };
}
