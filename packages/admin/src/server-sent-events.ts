import { AdminError } from './admin-error.ts';

/** One event, as it was told. */
export interface AdminMessage {
  /** The name of the event, such as `leak`; `dropped` when some were left out, since they were read too slowly. */
  readonly event: string;
  readonly data: unknown;
}

/** Longest event that is read, in characters. */
const MAX_EVENT = 4_000_000;

/** The events in a stream of bytes. Comments and what is no JSON are left out. */
export async function* readServerSentEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<AdminMessage, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_EVENT)
      throw new AdminError('no-answer', { summary: `an event is longer than ${MAX_EVENT} characters` });
    for (const block of blocks) {
      const message = readBlock(block);
      if (message !== undefined) yield message;
    }
  }
}

function readBlock(block: string): AdminMessage | undefined {
  let event = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    if (line.startsWith('data: ')) data += line.slice('data: '.length);
  }
  if (data === '') return undefined;
  try {
    return { event, data: JSON.parse(data) as unknown };
  } catch {
    return undefined;
  }
}
