/**
 * Version 00 of a W3C `traceparent`: `00-<trace id>-<parent id>-<flags>`, in lower case; neither id is all zeros. Every part
 * has a fixed length, so that matching never goes back.
 */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const LENGTH = 55;

/**
 * The trace id in the `traceparent` header of a request. `undefined` for anything but a valid one of version 00: a header
 * comes from a stranger, and what is not understood is not repeated in reports.
 */
export function traceIdOf(header: unknown): string | undefined {
  if (typeof header !== 'string' || header.length !== LENGTH) return undefined;
  return TRACEPARENT.exec(header)?.[1];
}
