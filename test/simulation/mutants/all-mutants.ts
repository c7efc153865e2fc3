import { CLOSING_MUTANTS } from './closing-mutants.ts';
import { CONNECTING_MUTANTS } from './connecting-mutants.ts';
import { LENDING_MUTANTS } from './lending-mutants.ts';
import type { Mutant } from './mutant.ts';
import { OWN_MUTANTS } from './own-mutants.ts';
import { OVERLOAD_MUTANTS } from './overload-mutants.ts';
import { SHARE_MUTANTS } from './share-mutants.ts';
import { WAITING_MUTANTS } from './waiting-mutants.ts';
import { WATCHING_MUTANTS } from './watching-mutants.ts';

/** Every mutant, in the order of the table in docs/simulation.md. */
export const MUTANTS: readonly Mutant[] = [
  ...WAITING_MUTANTS,
  ...SHARE_MUTANTS,
  ...OVERLOAD_MUTANTS,
  ...LENDING_MUTANTS,
  ...CONNECTING_MUTANTS,
  ...CLOSING_MUTANTS,
  ...WATCHING_MUTANTS,
  ...OWN_MUTANTS,
];
