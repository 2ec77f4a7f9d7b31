// Plain JavaScript, because it runs where Node is too old for anything else: says why, instead of "unknown file extension".
const wanted = 24;
const found = Number.parseInt(process.versions.node, 10);
if (found < wanted) {
  console.error(`coatcheck: this checkout runs on Node ${wanted}; here is ${process.versions.node}`);
  console.error("  npm installs the right one as the package `node`; its install script did not run.");
  console.error("  Run it:  npm rebuild node --ignore-scripts=false");
  process.exitCode = 1;
}
