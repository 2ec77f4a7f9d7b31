/**
 * Stands in the bundle for what packages use only if it is installed beside them: `pg-native`, a part of `pg` in C, and
 * digests of the Redis client. The gateway uses none of it.
 */
export {};

throw Object.assign(new Error("this is not part of the gateway"), { code: "MODULE_NOT_FOUND" });
