// The peer: oidc-provider as its documentation sets it up for production, on Redis, for one site and people without passwords.
//
// What it does: opaque access tokens, ES256 ID tokens, PKCE S256 required, refresh rotation at every use, introspection,
// client credentials, consent remembered as its Grant. What it does not: no durable database, no audit trail, no
// limits on client authentication, accounts and their claims in memory.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';

import Provider from 'oidc-provider';

import { adapters } from './store.js';

const port = Number(process.env.PEER_PORT);
const issuer = `http://localhost:${port}`;

function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'peer', alg: 'ES256', use: 'sig' };
}

function account(id) {
  return {
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, nickname: id, zoneinfo: 'Asia/Shanghai', locale: 'zh_CN', updated_at: 0 }),
  };
}

// Whoever signed in is taken to have agreed once; the grant is kept and found again by the session, as in ours.
async function grantOf(ctx) {
  const { provider, session, client } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid profile offline_access renewable');
  await grant.save();
  return grant;
}

const provider = new Provider(issuer, {
  adapter: adapters(process.env.PEER_REDIS_URL),
  clients: [{
    client_id: process.env.PEER_CLIENT_ID,
    client_secret: process.env.PEER_CLIENT_SECRET,
    redirect_uris: [process.env.PEER_REDIRECT],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: 'openid profile offline_access renewable',
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  routes: { authorization: '/authorize', introspection: '/introspect', userinfo: '/userinfo' },
  claims: { openid: ['sub'], profile: ['preferred_username', 'nickname', 'zoneinfo', 'locale', 'updated_at'] },
  scopes: ['openid', 'offline_access', 'renewable'],
  // It grants offline_access only behind prompt=consent, which asks; "renewable" stands for it without the question.
  issueRefreshToken: (_ctx, client, source) => client.grantTypeAllowed('refresh_token') && source.scopes.has('renewable'),
  expiresWithSession: (_ctx, source) => !source.scopes.has('renewable'),
  rotateRefreshToken: () => true,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
  },
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, IdToken: 600,
    RefreshToken: 30 * 86400, Session: 8 * 3600, Grant: 30 * 86400, Interaction: 600,
  },
  findAccount: (_ctx, id) => account(id),
  loadExistingGrant: grantOf,
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});

const answer = provider.callback();

// Signing in without a page: the benchmark names the person, outside the measured time.
async function signIn(req, res) {
  const { params } = await provider.interactionDetails(req, res);
  await provider.interactionFinished(req, res, { login: { accountId: params.login_hint } });
}

const server = http.createServer((req, res) => {
  if (!req.url.startsWith('/interaction/')) return answer(req, res);
  return signIn(req, res).catch((failure) => {
    res.statusCode = 500;
    res.end(String(failure));
  });
});
server.keepAliveTimeout = 600_000;
server.listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
