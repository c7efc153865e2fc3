import { connectAdmin } from '@lifeguard/admin';
import { UsageError } from './usage-error.ts';
import { urlSource } from './url-source.ts';

/** An application that is asked, whichever way. */
export interface AdminSource {
  /** For people: `orders (pid 4711)`. */
  readonly title: string;
  /** The answer to `GET path`; the signal ends the question. Rejects with `LG_UNSUPPORTED`. */
  get(path: string, signal?: AbortSignal): Promise<unknown>;
  /** The answer to `POST path`; the signal ends the wait, not what was begun. Rejects with `LG_UNSUPPORTED`. */
  post(path: string, signal?: AbortSignal): Promise<unknown>;
}

/** Which application is meant; without any of these, the only one that runs. */
export interface TargetOptions {
  readonly pid?: number;
  readonly name?: string;
  /** Path of its socket. */
  readonly socket?: string;
  /** Where an endpoint is mounted. */
  readonly url?: string;
  /** Holds the token of the endpoint. */
  readonly tokenFile?: string;
  /** Only this pool. */
  readonly pool?: string;
}

/** Finds the application. Rejects with `LG_UNSUPPORTED` where there is none, or several. */
export async function openSource({ pid, name, socket, url, tokenFile }: TargetOptions): Promise<AdminSource> {
  if (url !== undefined) {
    if (pid !== undefined || name !== undefined || socket !== undefined)
      throw new UsageError('--url is an application already', [
        ['fix', 'leave out --pid, --name and --socket'],
      ]);
    return urlSource(url, tokenFile);
  }
  if (tokenFile !== undefined)
    throw new UsageError('--token-file is for an endpoint', [['fix', 'say which one by --url']]);
  const client = await connectAdmin({
    ...(pid === undefined ? {} : { pid }),
    ...(name === undefined ? {} : { name }),
    ...(socket === undefined ? {} : { path: socket }),
  });
  const { application } = client;
  return {
    title: `${application.name} (pid ${application.pid})`,
    get: (path, signal) => client.get(path, signal && { signal }),
    post: (path, signal) => client.post(path, {}, signal && { signal }),
  };
}
