/** Loaded into the gateway of the demo before anything else: it does not outlive the demo, however that ends. */
process.channel?.unref();
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
