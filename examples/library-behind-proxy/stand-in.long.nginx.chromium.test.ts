import { findPageBrowser, findServer } from "../../tools/suite/servers.ts";
import { nginx } from "./testing/fronts.ts";
import { STAND_IN } from "./testing/sign-on.ts";
import { behind } from "./testing/suite.ts";

const command = (name: Parameters<typeof findServer>[0]) => findServer(name) ?? name;

behind(findPageBrowser() ?? "chromium", nginx(command("nginx"), "behind-a-proxy/nginx.conf"), STAND_IN);
