/**
 * What is decided within Redis: scripts of one key each, which compare the head of a row and change it. They look at
 * bytes of fixed width alone, and never at the texts behind them.
 */
import { createHash } from "node:crypto";
import { NO_MARK } from "./keys.ts";
import { FORMAT, NO_TIME } from "./row-text.ts";

/** A script, and the digest by which servers know it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** How the error begins that scripts answer for a row of another format. */
export const UNKNOWN_FORMAT = "COATCHECKFORMAT";

/** Reads the head. Lua counts from 1: 2 version, 18 ended, 33 seen, 48 renewAt, 63 bytes kept, 69 mark, 91 `\n`. */
const HEAD = `
local h = redis.call('GETRANGE', KEYS[1], 0, 90)
if #h == 0 then return 0 end
if string.sub(h, 1, 1) ~= '${FORMAT}' then return redis.error_reply('${UNKNOWN_FORMAT} of a row is not known') end
local ended = string.sub(h, 18, 32) ~= '${NO_TIME}'
`;

/**
 * ARGV: version as read, row, expiry ms, channel, message of an ending or `""`, `"1"` if the sets are written.
 * Answers 0: refused; 1: written; 2: the sets have to be written first; 3: written, and `renewAt` is another.
 * What is stored already but for `seen` is this very write, since its version is random: a client that lost its
 * connection sent it twice, and whether its `renewAt` got into the set is not known. A version that is just the next
 * one marks no write: others count like that.
 */
export const PUT = script(`${HEAD}
local v = ARGV[2]
local version = string.sub(v, 2, 17)
if string.sub(h, 2, 17) ~= ARGV[1] then
  if string.sub(h, 2, 17) ~= version or tonumber(version) - tonumber(ARGV[1]) <= 1 then return 0 end
  local s = redis.call('GET', KEYS[1])
  if string.sub(s, 1, 32) .. string.sub(s, 48) == string.sub(v, 1, 32) .. string.sub(v, 48) then return 3 end
  return 0
end
if ended then return 0 end
local mark = string.sub(v, 69, 90)
if ARGV[6] == '' and mark ~= '${NO_MARK}' and mark ~= string.sub(h, 69, 90) then return 2 end
local seen = string.sub(h, 33, 47)
if seen > string.sub(v, 33, 47) then v = string.sub(v, 1, 32) .. seen .. string.sub(v, 48) end
redis.call('SET', KEYS[1], v, 'PXAT', ARGV[3])
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
if string.sub(h, 48, 62) ~= string.sub(v, 48, 62) then return 3 end
return 1`);

/** ARGV: seen. Changes 15 bytes in place: nothing is written again, and nothing else goes to replicas. */
export const TOUCH = script(`${HEAD}
if ended then return 0 end
if ARGV[1] > string.sub(h, 33, 47) then redis.call('SETRANGE', KEYS[1], 32, ARGV[1]) end
return 1`);

/**
 * ARGV: ended, what follows the kept part, channel, message, version as read or `""` for any, a name of this call.
 * The name takes the place of the mark, so that a call that a client sent twice is told that it ended the session.
 */
export const END = script(`${HEAD}
local version = string.sub(h, 2, 17)
if ended then return string.sub(h, 69, 90) == ARGV[6] and 1 or 0 end
if ARGV[5] ~= '' and version ~= ARGV[5] then return 0 end
local kept = redis.call('GETRANGE', KEYS[1], 91, 90 + tonumber(string.sub(h, 63, 68)))
local head = '${FORMAT}' .. string.format('%016.0f', tonumber(version) + 1) .. ARGV[1] .. string.sub(h, 33, 47)
head = head .. '${NO_TIME}' .. string.sub(h, 63, 68) .. ARGV[6] .. '\\n'
redis.call('SET', KEYS[1], head .. kept .. ARGV[2], 'KEEPTTL')
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1`);

/**
 * ARGV: until, now, key and value, expiry ms, a name of this call. A marker is `n`, 15 digits of its end, the name of
 * the call that set it, and whether that was the first; then key and value. One from before begins with the digits,
 * and has no name.
 */
export const MARK = script(`
local m = redis.call('GETRANGE', KEYS[1], 0, 24)
local stands = string.sub(m, 1, 15)
if string.sub(m, 1, 1) == 'n' then
  if string.sub(m, 17, 24) == ARGV[5] then return tonumber(string.sub(m, 25, 25)) end
  stands = string.sub(m, 2, 16)
end
local first = stands <= ARGV[2] and '1' or '0'
redis.call('SET', KEYS[1], 'n' .. ARGV[1] .. ARGV[5] .. first .. ARGV[3], 'PXAT', ARGV[4])
return tonumber(first)`);

/**
 * ARGV: member, score, how much later than its score a member goes, expiry ms, the most members or `""`. Answers 0 if
 * the set is full. By the clock of the server, as rows are freed by it; the set lives as long as its longest member.
 */
export const ADD = script(`
local old = string.format('%.0f', tonumber(redis.call('TIME')[1]) * 1000 - tonumber(ARGV[3]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. old)
if ARGV[5] ~= '' and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5]) then
  if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIREAT', KEYS[1], ARGV[4]) end
return 1`);

/** ARGV: id, score or `""` for none, `"NX"` if one that it has stays. Does nothing to a set that is not there. */
export const RENEW = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[2] == '' then redis.call('ZREM', KEYS[1], ARGV[1])
elseif ARGV[3] == 'NX' then redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
else redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
return 1`);

/**
 * ARGV: a member that keeps the set, how long it stands in ms, the end of a range of scores, how many. Answers whether
 * the set is new, and then what is in the range.
 */
export const DUE = script(`
local made = redis.call('ZADD', KEYS[1], 'NX', '+inf', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3], 'WITHSCORES', 'LIMIT', 0, ARGV[4])
table.insert(due, 1, made)
return due`);

/** ARGV: id, score as read, the right score or `""` for none. A score that was written meanwhile stays. */
export const RESCORE = script(`
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('ZREM', KEYS[1], ARGV[1]) else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1`);
