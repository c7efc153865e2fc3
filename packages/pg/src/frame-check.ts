/** A server allocates no more for one value. */
const LARGEST = 0x4000_0000;
const HEADER = 5;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Where a message's texts begin, and how many there are; `fields`: each with a byte before it, until one that is 0. */
type Texts = { readonly from: number; readonly count: number } | 'fields' | 'columns' | 'mechanisms';

const TEXTS: Readonly<Record<number, Texts>> = Object.freeze({
  [code('E')]: 'fields',
  [code('N')]: 'fields',
  [code('T')]: 'columns',
  [code('R')]: 'mechanisms',
  [code('S')]: { from: 0, count: 2 },
  [code('A')]: { from: 4, count: 2 },
  [code('C')]: { from: 0, count: 1 },
});

/**
 * Looks at messages of a server before pg does. pg's parser seeks the end of a text without asking whether there is one: in a
 * message that ends too early it would run for ever, and the whole process stand still. All else that is wrong with a message
 * makes the parser throw. Costs a look at each message's head.
 */
export class FrameCheck {
  /** The beginning of a message that is not complete. */
  #rest: Uint8Array = EMPTY;
  /** Bytes to come of a message that need not be looked at. */
  #skip = 0;

  /** Throws at a message that cannot be read; what is not complete yet is looked at when it is, which is when pg does. */
  read(chunk: Uint8Array): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = Math.min(this.#skip, data.length);
    this.#skip -= at;
    while (data.length - at >= HEADER) {
      const end = at + 1 + lengthOf(data, at + 1);
      const texts = TEXTS[data[at] as number];
      if (texts !== undefined) {
        if (end > data.length) break;
        check(data.subarray(at + HEADER, end), texts);
      } else if (end > data.length) {
        this.#skip = end - data.length;
      }
      at = Math.min(end, data.length);
    }
    this.#rest = at === data.length ? EMPTY : data.subarray(at);
  }
}

function lengthOf(data: Uint8Array, at: number): number {
  // Byte by byte: this is done for every row, and a view would be an object each.
  const low = (byteAt(data, at + 1) << 16) | (byteAt(data, at + 2) << 8) | byteAt(data, at + 3);
  const length = byteAt(data, at) * 0x100_0000 + low;
  if (length < 4 || length > LARGEST) throw new Error('the server sent a message of an impossible length');
  return length;
}

const byteAt = (data: Uint8Array, at: number): number => data[at] as number;

function check(body: Uint8Array, texts: Texts): void {
  if (texts === 'fields') checkFields(body);
  else if (texts === 'columns') checkColumns(body);
  else if (texts === 'mechanisms') checkMechanisms(body);
  else checkTexts(body, texts.from, texts.count);
}

function checkTexts(body: Uint8Array, from: number, count: number): void {
  let at = from;
  for (let text = 0; text < count; text += 1) at = afterText(body, at);
}

function checkFields(body: Uint8Array): void {
  let at = 0;
  while (body[at] !== 0) at = afterText(body, at + 1);
}

/** A name, and 18 bytes of what it is. */
function checkColumns(body: Uint8Array): void {
  const count = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
  let at = 2;
  for (let column = 0; column < count; column += 1) at = afterText(body, at) + 18;
}

/** Only where the server names its ways to check a password. */
function checkMechanisms(body: Uint8Array): void {
  if (body[3] !== 10) return;
  let at = 4;
  while (body[at] !== 0) at = afterText(body, at);
}

/** Also ends what looks for a byte behind the message. */
function afterText(body: Uint8Array, at: number): number {
  const end = at >= body.length ? -1 : body.indexOf(0, at);
  if (end < 0) throw new Error('the server sent a message that ends within a text');
  return end + 1;
}

function code(type: string): number {
  return type.charCodeAt(0);
}
