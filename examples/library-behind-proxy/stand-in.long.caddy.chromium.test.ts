import { findPageBrowser, findServer } from "../../tools/suite/servers.ts";
import { caddy } from "./testing/fronts.ts";
import { STAND_IN } from "./testing/sign-on.ts";
import { behind } from "./testing/suite.ts";

const command = (name: Parameters<typeof findServer>[0]) => findServer(name) ?? name;

behind(findPageBrowser() ?? "chromium", caddy(command("caddy"), "behind-a-proxy/Caddyfile"), STAND_IN);
