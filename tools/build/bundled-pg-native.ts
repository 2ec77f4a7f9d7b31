/** Stands in the bundle for `pg-native`: a part of `pg` in C that nobody has to install, and that is not used. */
export {};

throw Object.assign(new Error("pg-native is not part of the gateway"), { code: "MODULE_NOT_FOUND" });
