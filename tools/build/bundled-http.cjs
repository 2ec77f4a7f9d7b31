/**
 * What the bundled gateway has for `node:http`. To import that as an ES module reads all its exports, also those that load Node's whole
 * `fetch` when they are read: bytes that stay, and tens of milliseconds of the start (F-51). These are read name by name.
 */
module.exports = process.getBuiltinModule("node:http");
