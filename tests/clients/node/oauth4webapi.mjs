// Journeys of a relying site built on oauth4webapi, which checks every answer to the letter.
import { generateKeyPair, exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import { approve, run, visit } from "./conversation.mjs";

const http = { [oauth.allowInsecureRequests]: true };
const RESOURCE_FREE = "openid profile email offline_access";

async function discovered(issuer, algorithm = "oidc") {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...http, algorithm }));
}

async function registered(as, { initial_access_token, redirect_uri }, metadata = {}) {
  const asked = { client_name: "oauth4webapi", redirect_uris: [redirect_uri], grant_types: ["authorization_code", "refresh_token"], ...metadata };
  const response = await oauth.dynamicClientRegistrationRequest(as, asked, { ...http, initialAccessToken: initial_access_token });
  return oauth.processDynamicClientRegistrationResponse(response);
}

/** Ask, come back, redeem; every step checked. */
async function signIn(as, client, authentication, redirect_uri, scope) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri, response_type: "code", scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", max_age: "3600",
  });
  const callback = oauth.validateAuthResponse(as, client, await visit(url), state);
  const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, callback, redirect_uri, verifier, http);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce, maxAge: 3600, requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, response, http);
  return tokens;
}

await run({
  async whole_life(start) {
    const as = await discovered(start.issuer);
    const client = await registered(as, start);
    const basic = oauth.ClientSecretBasic(client.client_secret);
    const tokens = await signIn(as, client, basic, start.redirect_uri, RESOURCE_FREE);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const asked = await oauth.userInfoRequest(as, client, tokens.access_token, http);
    const userinfo = await oauth.processUserInfoResponse(as, client, claims.sub, asked);
    const refreshing = await oauth.refreshTokenGrantRequest(as, client, basic, tokens.refresh_token, http);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, refreshing);
    const looking = await oauth.introspectionRequest(as, client, basic, refreshed.access_token, http);
    const before = await oauth.processIntrospectionResponse(as, client, looking);
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, basic, refreshed.access_token, http));
    const again = await oauth.introspectionRequest(as, client, basic, refreshed.access_token, http);
    return { claims, userinfo, before, after: await oauth.processIntrospectionResponse(as, client, again) };
  },

  async server_metadata(start) {
    const [oidc, oauth2] = [await discovered(start.issuer), await discovered(start.issuer, "oauth2")];
    return { same: JSON.stringify(oidc) === JSON.stringify(oauth2) };
  },

  async signed_introspection(start) {
    const as = await discovered(start.issuer);
    const pair = await generateKeyPair("ES256");
    const client = await registered(as, start, {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256", use: "sig" }] },
      introspection_signed_response_alg: "ES256",
    });
    const proof = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: "one" });
    const tokens = await signIn(as, client, proof, start.redirect_uri, RESOURCE_FREE);
    const response = await oauth.introspectionRequest(as, client, proof, tokens.access_token, { ...http, requestJwtResponse: true });
    const about = await oauth.processIntrospectionResponse(as, client, response);
    await oauth.validateApplicationLevelSignature(as, response, http);
    return { type: response.headers.get("content-type"), about };
  },

  async hybrid(start) {
    const as = await discovered(start.issuer);
    const client = await registered(as, start, {
      grant_types: ["authorization_code", "implicit"], response_types: ["code id_token"], id_token_signed_response_alg: "ES256",
    });
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id, redirect_uri: start.redirect_uri, response_type: "code id_token", scope: "openid", state, nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
    });
    const callback = await oauth.validateCodeIdTokenResponse(as, client, await visit(url), nonce, state, undefined, http);
    const basic = oauth.ClientSecretBasic(client.client_secret);
    const response = await oauth.authorizationCodeGrantRequest(as, client, basic, callback, start.redirect_uri, verifier, http);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
    return { claims: oauth.getValidatedIdTokenClaims(tokens) };
  },

  async device(start) {
    const as = await discovered(start.issuer);
    const client = await registered(as, start, {
      grant_types: ["urn:ietf:params:oauth:grant-type:device_code"], response_types: [], redirect_uris: [],
      token_endpoint_auth_method: "none", application_type: "native",
    });
    const none = oauth.None();
    const asking = await oauth.deviceAuthorizationRequest(as, client, none, { scope: "openid profile" }, http);
    const device = await oauth.processDeviceAuthorizationResponse(as, client, asking);
    const early = await oauth.deviceCodeGrantRequest(as, client, none, device.device_code, http);
    const pending = await oauth.processDeviceCodeResponse(as, client, early).catch((refusal) => refusal.error);
    await approve(device);
    await new Promise((resolve) => setTimeout(resolve, 1000 * (device.interval ?? 5)));
    const later = await oauth.deviceCodeGrantRequest(as, client, none, device.device_code, http);
    const tokens = await oauth.processDeviceCodeResponse(as, client, later);
    return { pending, claims: oauth.getValidatedIdTokenClaims(tokens) };
  },

  async mix_up(start) {
    const as = await discovered(start.issuer);
    const client = await registered(as, start);
    const state = oauth.generateRandomState();
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id, redirect_uri: start.redirect_uri, response_type: "code", scope: "openid", state, nonce: "n", prompt: "none",
    });
    const back = await visit(url);
    const error = await Promise.resolve().then(() => oauth.validateAuthResponse(as, client, back, state)).catch((refusal) => refusal.error);
    const elsewhere = { ...as, issuer: "https://attacker.example" };
    const refused = await Promise.resolve().then(() => oauth.validateAuthResponse(elsewhere, client, back, state)).catch((refusal) => refusal.message);
    return { error, refused };
  },
});
