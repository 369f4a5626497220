/**
 * What has to happen in Redis in one piece. BullMQ keeps a job as a hash, the ids of those that wait in the list `wait` (the
 * next one last), those that run in `active`, those that have ended in the sorted set `completed`; beside these stand keys of
 * ours.
 */

/**
 * A place in the queue for a job that is about to be added; 0 if there is none. Counted are those that wait and those that got
 * a place and are not there yet, for which the place is kept for a while only: whoever asked may have died.
 *
 * KEYS: wait, reserved, ids. ARGV: id, limit, now, until when the place is kept, prefix of the jobs' hashes.
 */
export const reserve = `
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3])
local count = redis.call('LLEN', KEYS[1])
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', ARGV[5] .. id) == 0 then count = count + 1 end
end
if count >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[3], 0, ARGV[1])
return 1`;

/**
 * Ends a job that waits; 0 if it does not wait.
 *
 * KEYS: wait, completed, cancelling, its hash, its pictures. ARGV: id, outcome (JSON), now.
 */
export const endWaiting = `
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[4], 'finishedOn', ARGV[3], 'returnvalue', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[5])
return 1`;

/**
 * Notes that a job shall be cancelled that is there and has not ended; else 0.
 *
 * KEYS: cancelling, its hash. ARGV: id.
 */
export const markCancelled = `
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('HEXISTS', KEYS[2], 'finishedOn') == 1 then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
return 1`;

/**
 * Ends the jobs that came back to those that wait and may not be run again: cancelled meanwhile, or begun too often. Their
 * ids. It precedes every look at the queue, so that nobody sees such a job wait, whoever has died in between.
 *
 * KEYS: wait, completed, cancelling. ARGV: prefix of the jobs' hashes, of their pictures, now, most attempts, outcome of what
 * was cancelled, of what was begun too often (JSON).
 */
export const sweep = `
local ended = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local counts = redis.call('HMGET', ARGV[1] .. id, 'ats', 'off')
  local attempts = (tonumber(counts[1]) or 0) - (tonumber(counts[2]) or 0)
  local outcome = nil
  if redis.call('SISMEMBER', KEYS[3], id) == 1 then outcome = ARGV[5]
  elseif attempts >= tonumber(ARGV[4]) then outcome = ARGV[6] end
  if outcome then
    redis.call('LREM', KEYS[1], 1, id)
    redis.call('HSET', ARGV[1] .. id, 'finishedOn', ARGV[3], 'returnvalue', outcome)
    redis.call('ZADD', KEYS[2], ARGV[3], id)
    redis.call('SREM', KEYS[3], id)
    redis.call('DEL', ARGV[2] .. id)
    table.insert(ended, id)
  end
end
return ended`;
