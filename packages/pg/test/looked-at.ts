import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { ApplicationCount, ServerView } from '../src/server-view/server-view.ts';
import { until } from './until.ts';

/** A connection of somebody else's, ended with the test. */
export async function otherClient(connectionString: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: applicationName });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** The pid of its backend. */
export function pidOf(client: pg.Client): number {
  return (client as unknown as { processID: number }).processID;
}

/** Looks until the view is as it shall be: what has been sent need not run yet. */
export async function viewWhere(
  look: () => Promise<ServerView>,
  isIt: (view: ServerView) => boolean,
): Promise<ServerView> {
  let last: ServerView | undefined;
  await until('the view shows it', async () => isIt((last = await look())));
  return last as ServerView;
}

/** The backends of an application in the database that was looked at; other test files have theirs on the same server. */
export function countOf({ counts, server }: ServerView, application: string): ApplicationCount | undefined {
  return counts.applications.find(
    (each) => each.application === application && each.database === server.database,
  );
}
