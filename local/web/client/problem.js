/** @import { Problem } from './types.js' */

/** The server said no; `problem` is all that it said. */
export class HubProblem extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title ?? problem.type);
    this.name = 'HubProblem';
    this.problem = problem;
  }

  /** Of the catalogue: `meeting/full`. */
  get type() {
    return this.problem.type;
  }

  get status() {
    return this.problem.status;
  }
}

/** Nobody answers: no network, or the server is away. */
export class Unreachable extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super('The server cannot be reached.', { cause });
    this.name = 'Unreachable';
  }
}
