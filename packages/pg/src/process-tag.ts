import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';

/** Which process a connection belongs to; part of its `application_name`. */
export interface ProcessTag {
  /** Where its pid means something: a hash of host, boot of the kernel and pid namespace. */
  readonly machine: string;
  readonly pid: number;
  /** Told apart from another process that has had, or will have, the same pid. */
  readonly boot: string;
}

/** Lengths in base 36: together 93 bits, and no tag is longer than 31 bytes. */
const MACHINE_LENGTH = 10;
const BOOT_LENGTH = 8;

const TAG = /(?:^| )lg:([0-9a-z]{10})\.([1-9][0-9]{0,9})\.([0-9a-z]{8})$/;

const kernelBoot = readOrUndefined(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
const pidNamespace = readOrUndefined(() => readlinkSync('/proc/self/ns/pid'));
const startedAt = startOf('self');

/**
 * Of the running process. `boot` comes from the instant at which the kernel started it, where that is told: worker threads
 * and a second copy of this module must agree, or they would take each other's connections for those of a process that is
 * gone.
 */
export const THIS_PROCESS: ProcessTag = Object.freeze({
  machine: digest([hostname(), kernelBoot, pidNamespace].join('\0'), MACHINE_LENGTH),
  pid: process.pid,
  boot: digest(startedAt ?? randomBytes(16).toString('hex'), BOOT_LENGTH),
});

/**
 * Whether equal machines are one and the same, so that a pid which does not run here is dead. Where the kernel does not
 * tell, only the host name is known, and two machines may bear the same.
 */
export const MACHINE_IS_CERTAIN: boolean = ![kernelBoot, pidNamespace, startedAt].includes(undefined);

/** The `boot` of a process of this machine; `undefined` where the kernel does not tell when it started it. */
export function bootOf(pid: number): string | undefined {
  const start = startOf(String(pid));
  return start === undefined ? undefined : digest(start, BOOT_LENGTH);
}

export function formatTag({ machine, pid, boot }: ProcessTag): string {
  return `lg:${machine}.${pid}.${boot}`;
}

/** The tag at the end of an `application_name`; `undefined` without one. */
export function readTag(applicationName: string): ProcessTag | undefined {
  const [, machine, pid, boot] = TAG.exec(applicationName) ?? [];
  if (machine === undefined || boot === undefined) return undefined;
  return Object.freeze({ machine, pid: Number(pid), boot });
}

/** The name without a tag. */
export function withoutTag(applicationName: string): string {
  return applicationName.replace(TAG, '');
}

function startOf(process: string): string | undefined {
  return readOrUndefined(() => {
    const stat = readFileSync(`/proc/${process}/stat`, 'latin1');
    // The name of the program, in parentheses, may contain anything; the 22nd field is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  });
}

function readOrUndefined(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function digest(text: string, length: number): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(-length).padStart(length, '0');
}
