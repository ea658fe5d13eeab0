/** The version stamped on every transition: an engine change that moves numbers is told apart like a model change. */

/** Equal to the package's version (test/domain/engine.test.ts). */
export const engineVersion = '0.1.0';
