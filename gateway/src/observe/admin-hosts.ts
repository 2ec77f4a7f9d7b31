/** Guards the admin listener against DNS rebinding. */
import { isIP } from "node:net";
import type { Settings } from "../config/config.ts";
import { isLoopback } from "../config/kinds/network-kinds.ts";

/**
 * By which `Host` the admin listener may be asked. A page elsewhere can point a name of its own at this address (DNS
 * rebinding), and would read metrics as its own; it cannot do that with an address, with a name that has no dot, or
 * with one that the operator chose (F-10).
 */
export function adminHosts({ listen, hosts }: Settings["admin"]): (host: string | undefined) => boolean {
  const own = new Set([listen.host.toLowerCase(), ...hosts]);
  return (host) => {
    if (host === undefined) return true;
    const name = host.replace(/:\d+$/, "").toLowerCase();
    if (own.has(name) || own.has(host.toLowerCase())) return true;
    return isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0 || isLoopback(name) || /^[a-z0-9_-]+$/.test(name);
  };
}
