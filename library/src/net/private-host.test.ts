import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivateHost } from "./address.ts";

const hostOf = (host: string): string => new URL(`http://${host}`).hostname;

test("S-68 hosts of a private network are told from those of the public one", () => {
  const inside = ["10.0.3.7", "192.168.178.20", "172.16.0.1", "172.31.255.1", "169.254.7.7", "[fd00::1]", "[fe80::1]"];
  const named = ["nas", "nas.local", "a.b.home.arpa", "app.internal", "fritz.lan", "NAS.Local"];
  for (const host of [...inside, ...named]) assert.equal(isPrivateHost(hostOf(host)), true, host);
  const outside = ["example.com", "172.32.0.1", "172.15.0.1", "11.0.0.1", "193.168.1.1", "[2001:db8::1]", "[fb00::1]"];
  const similar = ["local.example.com", "nas.local.", "10.0.0.1.example.com", "1", "lan.com"];
  for (const host of [...outside, ...similar]) assert.equal(isPrivateHost(hostOf(host)), false, host);
});
