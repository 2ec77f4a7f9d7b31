/** The YAML parser, in a module of its own: it is loaded only if there is a file. */
export { parseDocument } from "yaml";
