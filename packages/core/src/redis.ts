/**
 * A Redis that may be away, for plugins that share state between processes: `@plugboard/core/redis`. Needs `ioredis`.
 * @module
 */
export {
  type Listener,
  RedisLink,
  type RedisLinkOptions,
  RedisRefused,
  RedisUnavailable,
  type Script,
  script,
} from "./redis/link.ts";
export { redisOptions } from "./redis/options.ts";
export { localUser } from "./redis/user.ts";
