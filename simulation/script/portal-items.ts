/** Draws what happens behind a portal only: sign-ons there, forged headers, trouble with the look-up of users. */
import { Drawing } from "./drawing.ts";
import { ROBOT_ERRANDS } from "./errands.ts";
import type { Becomes, Errand, LookupTrouble } from "./script.ts";

const LOOKUP_TROUBLES: readonly LookupTrouble[] = ["throws", "hangs", "slow"];
const BECOMES: readonly Becomes[] = ["known", "unknown", "blocked", "blocked", "merged"];

/** What happens at a portal beside what happens everywhere. */
export class PortalItems extends Drawing {
  protected override readonly around = [-500, 2_000] as const;

  /** Every user is signed on; the thief and the robot have a user's name there too. */
  signOn(): void {
    const { browsers, users } = this.settings;
    for (let browser = 0; browser < browsers + 2; browser++) {
      this.items.add(0, { kind: "portal", browser, user: this.random.chance(0.1) ? null : browser % users });
    }
  }

  /**
   * Another user signs on in a browser, at any moment, also twice at a time, and while requests of it are on their
   * way.
   */
  changes(): void {
    const random = this.random;
    const { browsers, users } = this.settings;
    for (let count = 3 + random.below(6); count > 0; count--) {
      const browser = random.below(browsers);
      const at = this.near();
      this.items.add(at, { kind: "portal", browser, user: random.chance(0.2) ? null : random.below(users) });
      if (random.chance(0.5)) this.items.burst(Math.max(0, at + random.between(-100, 20)));
      if (random.chance(0.3)) this.items.add(at + random.between(1, 300), { kind: "portal", browser, user: random.below(users) });
    }
  }

  /** An administrator changes accounts. */
  accounts(): void {
    const random = this.random;
    const { users, replicas } = this.settings;
    for (let count = random.below(5); count > 0; count--) {
      const forgets = random.chance(0.5) ? random.below(replicas) : null;
      this.items.add(this.near(), {
        kind: "account",
        user: random.below(users),
        becomes: random.pick(BECOMES),
        forgets,
      });
    }
  }

  /** A user comes, and comes again, to a process that is told to forget them meanwhile. */
  forgetting(): void {
    const random = this.random;
    const { browsers, users, replicas } = this.settings;
    const at = this.near() + 1_000;
    const browser = random.below(browsers);
    const user = random.below(users);
    const replica = random.below(replicas);
    this.items.add(at - 1_000, { kind: "portal", browser, user });
    this.items.add(at, { kind: "account", user, becomes: random.pick(BECOMES), forgets: replica });
    for (let count = 8; count > 0; count--) {
      const errand = random.pick<Errand>(["read", "members", "page"]);
      this.items.visit(at + random.between(-40, 40), browser, errand, user, { via: "portal", replica });
    }
  }

  /** A user's session of the provider ends when its tokens are due, and the portal goes on naming the user. */
  withdrawn(): void {
    const random = this.random;
    const { browsers, users, tokenLifetime } = this.settings;
    const browser = random.below(browsers);
    const user = browser % users;
    this.items.visit(random.between(600, 2_000), browser, "login", user, { via: "portal" });
    this.items.add(tokenLifetime / 2, { kind: "withdraw", user });
    for (let count = 4; count > 0; count--) {
      const errand = random.pick<Errand>(["members", "page", "edit", "token"]);
      this.items.visit(tokenLifetime + random.between(2_000, 3_000), browser, errand, user, { via: "portal" });
    }
  }

  /** A client that keeps no cookies. */
  robot(): void {
    const random = this.random;
    const robot = this.settings.browsers + 1;
    for (let count = 2 + random.below(4); count > 0; count--) {
      this.items.visit(this.near(), robot, random.pick(ROBOT_ERRANDS), 0);
    }
  }

  troubles(): void {
    const random = this.random;
    for (let count = random.below(3); count > 0; count--) {
      const replica = random.chance(0.5) ? random.below(this.settings.replicas) : null;
      const lasts = random.pick([random.between(10, 2_000), random.between(2_000, 30_000)]);
      this.items.add(this.near(), { kind: "lookup-trouble", replica, lasts, how: random.pick(LOOKUP_TROUBLES) });
    }
  }
}
