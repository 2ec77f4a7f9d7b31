/** What is used of YAML, apart, since only where there is a file is a parser worth its loading. */
export { parseDocument } from "yaml";
