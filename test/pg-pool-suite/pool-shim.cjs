// Stands where pg-pool's suite expects pg-pool itself (`require('../')`).

const process = require('node:process');
const { LifeguardPool } = require('@lifeguard/pg');

/** As pg-pool, a caller that names no limit waits for ever; ours waits 30 s (docs/compatibility.md). */
module.exports = class SuitePool extends LifeguardPool {
  constructor(options, Client) {
    super({ connectionTimeoutMillis: 0, ...options }, Client);
    // A private of pg-pool, which one test reaches into.
    this.on('connect', (client) => this._clients.push(client));
  }
};

// An assertion that fails in a listener fails its test by being uncaught. Ours only warns of what a listener throws.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (warning, ...rest) => {
  if (rest[0]?.code !== 'LG_LISTENER_FAILED') return emitWarning(warning, ...rest);
  setImmediate(() => {
    throw new Error(warning);
  });
};
