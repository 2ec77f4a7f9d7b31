/** What the gateway uses of undici, in its place in the bundle: its index brings a browser's worth of others along. */
export { default as errors } from "../../node_modules/undici/lib/core/errors.js";
export { default as Pool } from "../../node_modules/undici/lib/dispatcher/pool.js";
