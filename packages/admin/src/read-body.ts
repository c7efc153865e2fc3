import { refusal } from './answer.ts';

/** Longest body of a request, in bytes. */
const MAX_BODY = 65_536;

/** The JSON of a request's body; `{}` where there is none. Refuses with 400, 413 or 415. */
export async function readBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const type = request.headers.get('content-type') ?? '';
  // A form or plain text can be sent by a page of a stranger without asking first.
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    throw refusal(
      415,
      'bad-body',
      'the body is not declared as JSON',
      'send "Content-Type: application/json"',
    );
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    // What the parser says repeats what came.
    throw refusal(400, 'bad-body', 'the body is no JSON in UTF-8', 'send a JSON object, or no body');
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (request.bodyUsed) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  try {
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      size += read.value.length;
      if (size > MAX_BODY)
        throw refusal(
          413,
          'body-too-large',
          `the body is larger than ${MAX_BODY} bytes`,
          'send only the arguments of the action',
        );
      parts.push(read.value);
    }
  } finally {
    // It may be in the middle, and is of no use any more.
    reader?.cancel().catch(() => undefined);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
