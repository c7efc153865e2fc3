/** What the rules of advice need to know of the server; asked for by an adapter, and absent where nobody has asked. */
export interface ServerFacts {
  /** `max_connections` */
  readonly maxConnections: number;
  /** Of these, kept for superusers and privileged roles. */
  readonly reserved: number;
  /** Client backends now, of all databases and users. */
  readonly backends: number;
  /** Of these, this pool's. */
  readonly ours: number;
  /** Processes that use the same database through a pool of the same application name; this one is among them. */
  readonly instances: number;
  /** Backends of processes that do not run any more. */
  readonly orphans: number;
  /** Backends of this pool that wait for a lock which a backend of somebody else holds, or of our own. */
  readonly blocked: number;
}
