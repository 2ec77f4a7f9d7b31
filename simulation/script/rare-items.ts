/**
 * What not every run has: event streams, notices that come late or again, a store that is busy or hangs, a death inside
 * a call.
 */

import { Drawing } from "./drawing.ts";
import type { Errand, Via } from "./script.ts";

const SECOND = 1_000;

export class RareItems extends Drawing {
  protected override readonly around = [-SECOND, 4 * SECOND] as const;

  /** Streams that are open while sessions end. */
  streams(): void {
    const random = this.random;
    if (!random.chance(0.4)) return;
    for (let count = 1 + random.below(5); count > 0; count--) {
      const browser = random.below(this.settings.browsers);
      const fixed = {
        replica: random.below(this.settings.replicas),
        tab: random.below(4),
        via: "direct",
        pause: 5,
        hangsUpAfter: null,
      } as const;
      if (this.settings.proxy === null) this.items.visit(this.near(), browser, "stream", browser, fixed);
    }
  }

  /** The provider signs a user out, and notifies later than the user signs in again; or twice. */
  notices(): void {
    const random = this.random;
    if (!random.chance(0.3)) return;
    const user = random.below(this.settings.users);
    const at = this.near();
    const replica = random.below(this.settings.replicas);
    const late = Array.from({ length: 1 + random.below(2) }, () => random.between(0, 40 * SECOND));
    this.items.add(at, { kind: "sign-out", user, by: random.pick(["sub", "sub", "sid"]), replica, late });
    for (let count = 1 + random.below(3); count > 0; count--) {
      const browser = random.below(this.settings.browsers);
      this.items.visit(at + random.between(0, 30 * SECOND), browser, "login", user);
    }
  }

  troubles(): void {
    const random = this.random;
    const replica = random.chance(0.5) ? random.below(this.settings.replicas) : null;
    if (random.chance(0.15)) {
      const lasts = random.between(100, 12 * SECOND);
      this.items.add(this.near(), {
        kind: "store-trouble",
        replica,
        lasts,
        how: random.pick(["busy", "hangs"]),
      });
    }
    for (let count = random.chance(0.2) ? 1 + random.below(3) : 0; count > 0; count--) {
      const lasts = random.between(100, 20 * SECOND);
      this.items.add(this.near(), { kind: "trap", on: "written", act: "kill", lasts });
    }
  }

  /** The store fails over, again and again; or it is cut in two. */
  failovers(): void {
    const random = this.random;
    for (let count = 1 + random.below(4); count > 0; count--) {
      const lasts = random.pick([random.between(20, 400), random.between(400, 6_000)]);
      const minority = Array.from({ length: this.settings.replicas }, (_, index) => index).filter(() => random.chance(0.5));
      if (random.chance(0.3)) this.items.add(this.near(), { kind: "split", lasts, minority, heals: random.between(100, 8_000) });
      else this.items.add(this.near(), { kind: "failover", lasts, loses: random.chance(0.8) });
    }
    for (let count = random.below(3); count > 0; count--) this.#overFailover();
    if (random.chance(0.25)) this.#overtakenAcross();
    if (random.chance(0.3)) this.#stolenAcross();
    if (random.chance(0.3)) this.#failingAcross();
  }

  /** A thief copies a cookie whose secret is then exchanged, and shows it long after that. */
  #stolenAcross(): void {
    const random = this.random;
    const { browsers } = this.settings;
    const at = this.near();
    const lasts = random.between(200, 1_500);
    const from = random.below(browsers);
    const fixed = { via: this.#via, pause: 1, hangsUpAfter: null } as const;
    this.items.add(at, { kind: "copy", from, to: browsers });
    this.items.add(at, { kind: "failover", lasts, loses: true });
    this.items.visit(at + random.between(1, 60), from, "rotate", from, fixed);
    for (let count = 3; count > 0; count--) {
      this.items.visit(at + lasts + random.between(11, 25) * SECOND, browsers, random.pick(["members", "read"]), from, fixed);
    }
  }

  /** The provider fails those who refresh, and the failover takes the pause that they agreed on. */
  #failingAcross(): void {
    const random = this.random;
    const at = this.near();
    const browser = random.below(this.settings.browsers);
    this.items.add(Math.max(0, at - SECOND), { kind: "provider-trouble", replica: null, lasts: 5 * SECOND, how: "error" });
    this.items.add(at, { kind: "failover", lasts: random.between(30, 200), loses: true });
    for (let count = 10; count > 0; count--) {
      this.items.visit(at + random.between(0, 700), browser, random.pick(["members", "token"]), browser, { hangsUpAfter: null });
    }
  }

  /** While a user signs in at replicas that are slow, another ends all their sessions, and the store fails over. */
  #overtakenAcross(): void {
    const random = this.random;
    const { browsers, users, replicas } = this.settings;
    const at = this.near();
    const user = random.below(users);
    for (let replica = 1; replica < replicas; replica++) {
      this.items.add(at, { kind: "store-trouble", replica, lasts: 4 * SECOND, how: "slow" });
    }
    for (let count = 4; count > 0; count--) {
      this.items.visit(at + random.between(0, 300), random.below(browsers), "login", user, { hangsUpAfter: null });
    }
    const cut = at + random.between(300, 3_000);
    const lasts = random.between(50, 400);
    this.items.add(cut, { kind: "failover", lasts, loses: true });
    for (let count = 3; count > 0; count--) {
      this.items.add(cut + random.between(1, 100), { kind: "end-all", user, replica: 0 });
      // Its marker is set before, and what there is ended afterwards.
      this.items.add(cut + lasts - random.between(0, 5), { kind: "end-all", user, replica: 0 });
    }
  }

  /**
   * A user edits before and after a failover, and a slow request has read what is gone. Logouts come in the same way.
   */
  #overFailover(): void {
    const random = this.random;
    const at = this.near();
    const lasts = random.between(200, 1_500);
    const browser = random.below(this.settings.browsers);
    const visit = (after: number, errand: Errand, pause: number): void => {
      const fixed = { tab: random.below(4), via: this.#via, pause, hangsUpAfter: null } as const;
      this.items.visit(at + after, browser, errand, browser, fixed);
    };
    this.items.add(at, { kind: "failover", lasts, loses: true });
    visit(random.between(1, 40), random.pick(["edit", "edit", "logout"]), 1);
    visit(random.between(60, 180), "edit", lasts + random.between(100, 2_000));
    visit(lasts + random.between(5, 200), "edit", 1);
  }

  get #via(): Via {
    return this.settings.proxy === null ? "direct" : "portal";
  }
}
