// Signs in through an unmodified openid-client. Speaks JSON lines with the test that drives it:
// prints {"authorize": url}, reads {"callback": url}, prints what came back. The test sits in for
// the browser. With a sabotaged issuer in between, the library itself must refuse.
import * as client from "openid-client";
import readline from "node:readline";

const [issuer, clientId, clientSecret, redirectUri, postLogout] = process.argv.slice(2);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const hear = async () => JSON.parse((await lines.next()).value);

try {
  const config = await client.discovery(
    new URL(issuer), clientId, undefined, client.ClientSecretBasic(clientSecret),
    { execute: [client.allowInsecureRequests] }); // loopback http, in tests alone
  client.enableNonRepudiationChecks(config); // verify the ID token's signature with our JWK Set
  const verifier = client.randomPKCECodeVerifier();
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: "3600",
  });
  say({ authorize: url.href });

  const { callback } = await hear();
  const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
    ...checks, pkceCodeVerifier: verifier, maxAge: 3600, idTokenExpected: true,
  });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: postLogout, state: "bye",
  });
  say({ claims, userinfo, logout: logout.href });
} catch (error) {
  say({ refused: error.code ?? error.name, message: String(error.cause?.message ?? error.message) });
  process.exitCode = 1;
}
process.exit();
