/**
 * What not every run has: event streams, notices that come late or again, a store that is busy or hangs, a death inside
 * a call.
 */

import { Drawing } from "./drawing.ts";

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
}
