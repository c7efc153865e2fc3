import { ignoreFramesBeside } from '@lifeguard/core/adapter';

/** Keeps our own files out of reports that name the place that took a connection. */
export function ignoreOwnFrames(): void {
  ignoreFramesBeside(import.meta, 'own-frames');
}
