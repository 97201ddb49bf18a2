// The provider's storage on Redis: one JSON value a record, a list of a grant's tokens to revoke them by, one trip a call.

import { Redis } from 'ioredis';

const BELONG_TO_A_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
const GRANT_SECONDS = 30 * 86400;
const IS_SPENT_ONCE = new Set(['AuthorizationCode', 'RefreshToken']);

class Records {
  constructor(redis, model) {
    this.redis = redis;
    this.model = model;
  }

  key(id) {
    return `peer:${this.model}:${id}`;
  }

  async upsert(id, payload, seconds) {
    const value = JSON.stringify(payload);
    const hasIndex = this.model === 'Session' || (payload.grantId && BELONG_TO_A_GRANT.has(this.model));
    if (!hasIndex) return this.redis.set(this.key(id), value, 'EX', seconds);
    const together = this.redis.multi().set(this.key(id), value, 'EX', seconds);
    if (this.model === 'Session') {
      together.set(`peer:session-uid:${payload.uid}`, id, 'EX', seconds);
    } else {
      const list = `peer:grant:${payload.grantId}`;
      together.rpush(list, this.key(id)).expire(list, GRANT_SECONDS);
    }
    return together.exec();
  }

  async find(id) {
    if (!IS_SPENT_ONCE.has(this.model)) {
      const kept = await this.redis.get(this.key(id));
      return kept === null ? undefined : JSON.parse(kept);
    }
    const [value, spent] = await this.redis.mget(this.key(id), `${this.key(id)}:spent`);
    if (value === null) return undefined;
    return spent === null ? JSON.parse(value) : { ...JSON.parse(value), consumed: Number(spent) };
  }

  async findByUid(uid) {
    const id = await this.redis.get(`peer:session-uid:${uid}`);
    return id === null ? undefined : this.find(id);
  }

  async findByUserCode() {
    return undefined; // no device flow here
  }

  async consume(id) {
    await this.redis.set(`${this.key(id)}:spent`, Math.floor(Date.now() / 1000), 'EX', GRANT_SECONDS, 'NX');
  }

  async destroy(id) {
    await this.redis.del(this.key(id));
  }

  async revokeByGrantId(grantId) {
    const list = `peer:grant:${grantId}`;
    const keys = await this.redis.lrange(list, 0, -1);
    await this.redis.del(list, ...keys);
  }
}

export function adapters(url) {
  const redis = new Redis(url);
  return (model) => new Records(redis, model);
}
