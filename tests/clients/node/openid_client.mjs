// Journeys of a relying site built on openid-client.
import { generateKeyPair, exportJWK } from "jose";
import * as client from "openid-client";
import { approve, run, visit } from "./conversation.mjs";

const SCOPE = "openid profile email address phone offline_access";
const options = { execute: [client.allowInsecureRequests], timeout: 30 };

/** Register at the centre with these metadata; answers the configured client. */
async function registered({ issuer, initial_access_token, redirect_uri }, metadata = {}, authentication = client.ClientSecretBasic()) {
  return client.dynamicClientRegistration(
    new URL(issuer),
    {
      client_name: "openid-client",
      redirect_uris: [redirect_uri],
      post_logout_redirect_uris: [`${redirect_uri}/bye`],
      grant_types: ["authorization_code", "refresh_token"],
      ...metadata,
    },
    authentication,
    { ...options, initialAccessToken: initial_access_token },
  );
}

async function keyPair(alg, more = {}) {
  const pair = await generateKeyPair(alg, { extractable: true, ...more });
  const kid = `key-${alg}`;
  return { ...pair, kid, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg } };
}

/** One sign-in; answers the tokens with what they say. */
async function signIn(config, { redirect_uri }, more = {}, build = client.buildAuthorizationUrl) {
  const verifier = client.randomPKCECodeVerifier();
  const expected = { expectedNonce: client.randomNonce(), expectedState: client.randomState(), pkceCodeVerifier: verifier };
  const url = await build(config, {
    redirect_uri,
    scope: SCOPE,
    state: expected.expectedState,
    nonce: expected.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  });
  const tokens = await client.authorizationCodeGrant(config, await visit(url), expected);
  return { tokens, claims: tokens.claims() };
}

await run({
  async whole_life(start) {
    const config = await registered(start);
    const { tokens, claims } = await signIn(config, start);
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    const before = await client.tokenIntrospection(config, refreshed.access_token);
    await client.tokenRevocation(config, refreshed.refresh_token);
    const after = await client.tokenIntrospection(config, refreshed.access_token);
    const leave = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: `${start.redirect_uri}/bye`,
      state: "gone",
    });
    const back = await visit(leave);
    return { claims, userinfo, refreshed: refreshed.claims(), before, after, back: back.href };
  },

  async every_signature(start) {
    const seen = {};
    for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]) {
      const config = await registered(start, { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg });
      const { tokens, claims } = await signIn(config, start);
      const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
      seen[alg] = JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url")).alg === alg && userinfo.sub === claims.sub;
    }
    return seen;
  },

  async encrypted(start) {
    const { privateKey, kid, jwk } = await keyPair("RSA-OAEP-256");
    const config = await registered(start, {
      jwks: { keys: [{ ...jwk, use: "enc" }] },
      id_token_encrypted_response_alg: "RSA-OAEP-256",
      id_token_encrypted_response_enc: "A256GCM",
      userinfo_signed_response_alg: "RS256",
      userinfo_encrypted_response_alg: "RSA-OAEP-256",
      userinfo_encrypted_response_enc: "A128CBC-HS256",
    });
    client.enableDecryptingResponses(config, ["A256GCM", "A128CBC-HS256"], { key: privateKey, kid, alg: "RSA-OAEP-256" });
    const { tokens, claims } = await signIn(config, start);
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    return { parts: tokens.id_token.split(".").length, claims, userinfo };
  },

  async assertions(start) {
    const { privateKey, kid, jwk } = await keyPair("ES256");
    const signed = await registered(
      start,
      { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } },
      client.PrivateKeyJwt({ key: privateKey, kid }),
    );
    const first = await signIn(signed, start);
    const secret = await registered(start, { token_endpoint_auth_method: "client_secret_jwt" }, client.ClientSecretJwt());
    const second = await signIn(secret, start);
    return { first: first.claims, second: second.claims };
  },

  async posted_secret(start) {
    const config = await registered(start, { token_endpoint_auth_method: "client_secret_post" }, client.ClientSecretPost());
    const { claims } = await signIn(config, start, { response_mode: "form_post" });
    return { claims };
  },

  async public_client(start) {
    const config = await registered(start, { token_endpoint_auth_method: "none" }, client.None());
    const { claims } = await signIn(config, start);
    return { claims };
  },

  async hybrid(start) {
    const config = await registered(start, {
      grant_types: ["authorization_code", "implicit"],
      response_types: ["code id_token"],
    });
    client.useCodeIdTokenResponseType(config);
    const fragment = await signIn(config, start, { scope: "openid" });
    const posted = await signIn(config, start, { scope: "openid", response_mode: "form_post" });
    return { fragment: fragment.claims, posted: posted.claims };
  },

  async implicit(start) {
    const config = await registered(start, { grant_types: ["implicit"], response_types: ["id_token"] });
    client.useIdTokenResponseType(config);
    const expected = { nonce: client.randomNonce(), state: client.randomState() };
    const url = client.buildAuthorizationUrl(config, { redirect_uri: start.redirect_uri, scope: "openid profile", ...expected });
    return { claims: await client.implicitAuthentication(config, await visit(url), expected.nonce, { expectedState: expected.state }) };
  },

  async request_object(start) {
    const { privateKey, kid, jwk } = await keyPair("PS256");
    const config = await registered(start, {
      jwks: { keys: [jwk] },
      request_object_signing_alg: "PS256",
      require_signed_request_object: true,
    });
    const build = (of, parameters) => client.buildAuthorizationUrlWithJAR(of, parameters, { key: privateKey, kid });
    const { claims } = await signIn(config, start, {}, build);
    return { claims };
  },

  async device(start) {
    const config = await registered(start, {
      grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: "none",
      application_type: "native",
    }, client.None());
    const device = await client.initiateDeviceAuthorization(config, { scope: "openid profile offline_access" });
    await approve(device);
    const tokens = await client.pollDeviceAuthorizationGrant(config, device, undefined, { signal: AbortSignal.timeout(60_000) });
    return { claims: tokens.claims(), device };
  },

  async itself(start) {
    const config = await registered(start, { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] });
    const tokens = await client.clientCredentialsGrant(config);
    return { token: await client.tokenIntrospection(config, tokens.access_token) };
  },
});
