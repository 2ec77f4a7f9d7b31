/** Looks through all rows and markers by `SCAN`, one master after another. */
import { createHash } from "node:crypto";
import type { Marker, ScanPage, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Commander } from "./clients/commander.ts";
import { listOf, textOf } from "./clients/commander.ts";
import type { Keys } from "./keys.ts";
import { decodeMarker } from "./marker-text.ts";
import type { Reads } from "./reads.ts";

/**
 * Where a scan is. A cursor of `SCAN` means something to the process that gave it alone, and only while no slot
 * moves: `servers` names them, and if they are others now the scan begins anew.
 */
interface Place {
  readonly servers: string;
  readonly master: number;
  readonly cursor: string;
}

const START = { master: 0, cursor: "0" } as const;

function placeOf(position: string | null): Place | undefined {
  const [servers, master, cursor] = position?.split(".") ?? [];
  return servers === undefined || cursor === undefined ? undefined : { servers, master: Number(master), cursor };
}

export class Scan {
  readonly #commander: Commander;
  readonly #keys: Keys;
  readonly #reads: Reads;

  constructor(commander: Commander, keys: Keys, reads: Reads) {
    this.#commander = commander;
    this.#keys = keys;
    this.#reads = reads;
  }

  async page(position: string | null, limit: number): Promise<ScanPage> {
    const masters = this.#commander.masters().toSorted();
    const kept = placeOf(position);
    const { master, cursor } = kept !== undefined && kept.master < masters.length ? kept : START;
    const command = ["SCAN", cursor, "MATCH", this.#keys.scanPattern, "COUNT", String(limit)] as const;
    const [next, found] = listOf(await this.#commander.ask(masters[master] ?? "", command));
    const page = await this.#read(listOf(found).map(String));
    // Asked afterwards: what moved meanwhile may have been missed.
    const now = await this.#servers(masters);
    const anew = { rows: [], markers: [], next: `${now}.${START.master}.${START.cursor}` };
    if (kept !== undefined && kept.servers !== now) return anew;
    if (String(next) !== "0") return { ...page, next: `${now}.${master}.${String(next)}` };
    return { ...page, next: master + 1 < masters.length ? `${now}.${master + 1}.0` : null };
  }

  async #read(keys: readonly string[]): Promise<Pick<ScanPage, "rows" | "markers">> {
    const ids = keys.map((key) => this.#keys.idOf(key)).filter((id) => id !== undefined);
    const markers = keys.filter((key) => this.#keys.idOf(key) === undefined);
    const [rows, texts] = await Promise.all([this.#reads.getMany(ids), Promise.all(markers.map((key) => this.#reads.text(key)))]);
    return {
      rows: rows.filter((row): row is SessionRow => row !== undefined),
      markers: texts.filter((text) => text !== undefined).map((text): Marker => decodeMarker(text)),
    };
  }

  /** A digest of who the masters are, and of the slots that each has. */
  async #servers(masters: readonly string[]): Promise<string> {
    const said = await Promise.all(masters.map((master) => this.#said(master)));
    return createHash("sha256").update(said.join("\n")).digest("base64url").slice(0, 22);
  }

  /** Which process it is, and in a cluster its slots. */
  async #said(master: string): Promise<string> {
    const info = textOf(await this.#commander.ask(master, ["INFO", "server"])) ?? "";
    const [, run = ""] = /^run_id:(\S+)/m.exec(info) ?? [];
    if (this.#commander.kind !== "cluster") return run;
    const nodes = textOf(await this.#commander.ask(master, ["CLUSTER", "NODES"])) ?? "";
    const masters = nodes.split("\n").map((line) => line.split(" "));
    const own = masters.find(([, , flags = ""]) => flags.includes("myself")) ?? [];
    const slots = own.slice(8);
    if (slots.some((slot) => slot.startsWith("["))) throw unsettled("slots are being moved between its masters");
    const serving = masters.filter(([, , flags = "", , , , , , slot]) => flags.includes("master") && slot !== undefined);
    if (serving.length > this.#commander.masters().length) throw unsettled("it has a master that the client does not know yet");
    return [run, ...slots].join(" ");
  }
}

function unsettled(why: string): CoatcheckError {
  const message = `The Redis cluster cannot be looked through now: ${why}.`;
  return new CoatcheckError("ERR_STORE_UNAVAILABLE", { message });
}
