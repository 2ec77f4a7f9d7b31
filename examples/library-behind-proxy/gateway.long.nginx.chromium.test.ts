import { findPageBrowser, findServer } from "../../tools/suite/servers.ts";
import { nginx } from "./testing/fronts.ts";
import { THE_GATEWAY } from "./testing/sign-on.ts";
import { behind } from "./testing/suite.ts";

const command = (name: Parameters<typeof findServer>[0]) => findServer(name) ?? name;

behind(findPageBrowser() ?? "chromium", nginx(command("nginx"), "nginx.conf"), THE_GATEWAY);
