// Stands where pg-pool's suite expects pg-pool itself (`require('../')`): the very same pg-pool, watched.

const Pool = require('pg-pool-suite');
const process = require('node:process');
const { watchPool } = require('@lifeguard/pg');

module.exports = class WatchedPool extends Pool {
  constructor(options, Client) {
    super(options, Client);
    watchPool(this);
  }
};

// A failure of ours is contained where it happens; here it fails the test.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (warning, ...rest) => {
  if (rest[0]?.code !== 'LG_LISTENER_FAILED') return emitWarning(warning, ...rest);
  setImmediate(() => {
    throw new Error(warning);
  });
};
